// How clients of equal priority share the engines: by what their tasks really take.

#include "seeds.hpp"
#include "task_core_fixture.hpp"

#include <algorithm>
#include <map>

using namespace pactor;
using namespace pactor::core;
using namespace pactor::test;
using namespace std::chrono_literals;
using nanoseconds = std::chrono::nanoseconds;

namespace {

/// Clients that always have tasks waiting, on engines that hold one task each, in virtual time.
struct contest {
  struct running {
    nanoseconds until;
    std::uint64_t id;
    int engine;
    std::uint32_t client;
    nanoseconds takes;
    bool operator<(const running& other) const { return until < other.until; }
  };
  task_core core;
  std::vector<running> runs;
  std::map<std::uint32_t, nanoseconds> used;
  nanoseconds now{0};

  explicit contest(int engines) {
    for (int i = 0; i < engines; ++i) core.engine_joined(i);
  }
  void submit(std::uint32_t client, std::uint32_t kind, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      REQUIRE(core.submit({.client = client, .number = i, .kind = kind}) == submission::accepted);
  }
  /// @param takes how long a client's next task takes
  template <class F>
  void run_until(nanoseconds end, F&& takes) {
    while (now < end) {
      while (const auto a = core.next()) {
        const nanoseconds t = takes(a->task.client);
        // Behind those that the engine has.
        auto from = now;
        for (const auto& r : runs)
          if (r.engine == a->engine) from = std::max(from, r.until);
        runs.push_back({from + t, a->id, a->engine, a->task.client, t});
      }
      const auto first = std::min_element(runs.begin(), runs.end());
      REQUIRE(first != runs.end());
      const auto done = *first;
      runs.erase(first);
      now = done.until;
      core.set_time(task_core::time_point{now});
      used[done.client] += done.takes;
      REQUIRE(core.finished(done.id, done.engine, done.takes));
    }
  }
};

} // namespace

TEST_SUITE("fairness") {
  TEST_CASE("long tasks of one client and short ones of another get the same time") {
    for (const int engines : {1, 2, 4}) {
      CAPTURE(engines);
      contest c{engines};
      c.submit(1, 1, 1'000);
      c.submit(2, 2, 300'000);
      c.run_until(200s, [](std::uint32_t client) { return client == 1 ? 10s : 2ms; });
      CHECK(c.used[1] + c.used[2] >= engines * 180s);
      CHECK(std::chrono::abs(c.used[1] - c.used[2]) <= (engines + 1) * 10s);
    }
  }

  TEST_CASE("however tasks differ from what was expected, clients get the same time") {
    test::for_seeds(20, [](chance& chance) {
      contest c{1 + static_cast<int>(chance.below(4))};
      const auto clients = 2 + static_cast<std::uint32_t>(chance.below(3));
      const auto one_kind = chance.one_in(2);
      for (std::uint32_t i = 1; i <= clients; ++i) c.submit(i, one_kind ? 0 : i, 40'000);
      c.run_until(20s, [&](std::uint32_t client) -> nanoseconds {
        if (chance.one_in(50)) return 200ms;
        return client * 1ms;
      });
      const auto [least, most] = std::minmax_element(c.used.begin(), c.used.end(),
                                                     [](const auto& a, const auto& b) { return a.second < b.second; });
      REQUIRE(c.used.size() == clients);
      CHECK(most->second - least->second <= 1500ms);
    });
  }

  TEST_CASE("what was expected to be long and was not is given back at once") {
    contest c{1};
    c.submit(1, 1, 100);
    c.submit(2, 2, 40'000);
    c.run_until(1s, [&](std::uint32_t client) { return client == 1 ? 1s : 1ms; });
    c.used.clear();
    const auto since = c.now;
    c.run_until(since + 4s, [&](std::uint32_t) { return 1ms; });
    CHECK(c.used[1] >= 90ms); // all of its tasks
  }

  TEST_CASE("a task that comes back unstarted costs its client nothing") {
    task_core_fixture f{1};
    const auto submit = [&](std::uint32_t client, std::uint64_t number) {
      REQUIRE(f.core.submit({.client = client, .number = number, .kind = client}) == submission::accepted);
    };
    for (const std::uint32_t client : {1U, 2U}) {
      submit(client, 0);
      const auto a = f.drain().at(0);
      CHECK(f.core.finished(a.id, 0, 100ms));
    }
    for (std::uint64_t i = 1; i <= 20; ++i) submit(1, i);
    std::vector<std::uint64_t> order;
    for (int i = 0; i < 50; ++i) { // given and taken back, again and again
      const auto a = f.drain().at(0);
      CHECK(a.number == 1);
      CHECK_FALSE(f.core.task_lost(a.id, 0, false, false));
    }
    for (std::uint64_t i = 101; i <= 120; ++i) submit(2, i);
    int of_first = 0;
    for (int i = 0; i < 20; ++i) {
      const auto a = f.drain().at(0);
      of_first += a.number < 100 ? 1 : 0;
      CHECK(f.core.finished(a.id, 0, 100ms));
    }
    CHECK(of_first >= 9);
    CHECK(of_first <= 11);
  }

  TEST_CASE("errors and lost runs are paid for, too") {
    task_core_fixture f{1};
    for (std::uint64_t i = 1; i <= 300; ++i) {
      REQUIRE(f.core.submit({.client = 1, .number = i, .retries = 1}) == submission::accepted);
      REQUIRE(f.core.submit({.client = 2, .number = 1000 + i}) == submission::accepted);
    }
    nanoseconds now{0}, first{0}, second{0};
    for (int i = 0; i < 200; ++i) {
      const auto a = f.core.next();
      REQUIRE(a);
      const auto takes = a->task.client == 1 ? 1s : 100ms;
      now += takes;
      f.core.set_time(task_core::time_point{now});
      (a->task.client == 1 ? first : second) += takes;
      if (a->task.client == 2)
        CHECK(f.core.finished(a->id, 0, takes));
      else if (i % 2 == 0)
        (void)f.core.failed(a->id, 0, takes, task_core::error_kind::own);
      else
        (void)f.core.task_lost(a->id, 0, true, false);
    }
    CHECK(std::chrono::abs(first - second) <= 2s);
  }
}
