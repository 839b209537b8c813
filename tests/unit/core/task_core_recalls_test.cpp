// Tasks that engines are to give back, and what decisions cost when much waits. What is measured here is that it ends:
// a cost that grew with the square of what waits would take hours.

#include "seeds.hpp"
#include "task_core_fixture.hpp"

#include <algorithm>
#include <iterator>

using namespace pactor;
using namespace pactor::core;
using namespace pactor::test;
using namespace std::chrono_literals;
using fixture = task_core_fixture;
using clock_point = task_core::time_point;

TEST_SUITE("task_core recalls") {
  TEST_CASE("an engine that stands still keeps others from nothing: what it owes is not waited for") {
    fixture f{2};
    f.teach(10us);
    f.core.set_time(clock_point{0ns});
    f.submit_all(1, 8);
    CHECK(f.drain().size() == 8); // four each
    f.core.set_time(clock_point{5ms});
    f.core.engine_joined(2); // it idles
    const auto first = f.core.recalls();
    REQUIRE(!first.empty());
    CHECK(f.core.recalls().empty()); // it will do
    REQUIRE(f.core.wake_at());
    f.core.set_time(*f.core.wake_at());
    const auto second = f.core.recalls();
    REQUIRE(!second.empty());
    for (const auto& r : second) CHECK(r.engine != first[0].engine); // which would give nothing else back either
  }

  TEST_CASE("tasks go back to where they stood, in whatever order they come, of whichever clients") {
    constexpr std::uint64_t count = tried_of(60'000); // as many as make a search through all of them felt
    fixture f;
    f.core.place({.hwm = 10 * count});
    f.core.engine_joined(0);
    f.core.limit_open({.tasks = 10 * count});
    for (std::uint64_t i = 1; i <= count; ++i) f.submit(i, {}, 1 + i % 2);
    auto got = f.drain();
    REQUIRE(got.size() == count);
    f.core.engine_paused(0);
    std::vector<run> order; // the first with the last, so that each belongs far from the one before
    for (std::size_t i = 0; i < count / 2; ++i) {
      order.push_back(got[i]);
      order.push_back(got[count - 1 - i]);
    }
    SUBCASE("one by one from both ends") {}
    SUBCASE("the later half first") { std::rotate(order.begin(), order.begin() + count / 2, order.end()); }
    SUBCASE("all of one client, then all of the other, from the back") {
      std::stable_partition(got.begin(), got.end(), [](const run& r) { return r.number % 2 == 0; });
      order.assign(got.rbegin(), got.rend());
    }
    for (const auto& r : order) CHECK_FALSE(f.core.task_lost(r.id, 0, false));
    f.core.engine_resumed(0);
    std::uint64_t last[2] = {0, 0};
    for (const auto& r : f.drain()) {
      REQUIRE(r.number > last[r.number % 2]);
      last[r.number % 2] = r.number;
    }
  }

  TEST_CASE("tasks that idle engines may not run cost nothing with each decision") {
    constexpr int engines = 1500, busy = 60;
    fixture f;
    f.core.place({.hwm = 400});
    for (int i = 0; i < engines; ++i) f.core.engine_joined(i);
    std::uint64_t number = 0;
    for (int e = 0; e < busy; ++e)
      for (int i = 0; i < 400; ++i) f.submit(++number, i % 2 == 0 ? std::vector{e} : std::vector{e, engines + e});
    auto got = f.drain();
    CHECK(got.size() == number);
    for (int turn = 1; turn <= 300; ++turn) {
      f.core.set_time(clock_point{turn * 10ms});
      CHECK(f.core.recalls().empty());
    }
    f.core.engine_joined(engines + 7); // it may
    const auto back = f.core.recalls();
    REQUIRE(!back.empty());
    CHECK(back[0].engine == 7);
  }

  TEST_CASE("groups of tasks without room are not looked at again and again") {
    constexpr int engines = 1'000, groups = 1'000;
    constexpr std::uint64_t count = 3'000;
    fixture f;
    f.core.place({.hwm = count});
    std::vector<int> allowed;
    for (int i = 0; i < engines; ++i) {
      f.core.engine_joined(i);
      f.core.engine_paused(i);
      allowed.push_back(i);
    }
    allowed.push_back(0);
    for (int i = 0; i < groups; ++i) {
      allowed.back() = 2 * engines + i;
      f.submit(1, allowed);
    }
    f.core.engine_joined(engines);
    for (std::uint64_t i = 0; i < count; ++i) f.submit(2);
    CHECK(f.drain().size() == count);
    f.core.engine_resumed(0);
    CHECK(f.core.next());
  }

  TEST_CASE("what is taken back by number is found the same way, whether numbers were asked for before or not") {
    for (const auto asked : {false, true}) {
      CAPTURE(asked);
      fixture f{1};
      f.submit_all(1, 6);
      CHECK(f.drain().size() == 1);
      if (asked) CHECK(f.core.is_open({1, 6}));
      const auto held = f.core.hold({.client = 1, .number = 7});
      const numbers some{6, 3, 1, 3, 99, 1, 7};
      const auto w = f.core.withdraw(1, some);
      CHECK(w.ended == numbers{3, 6, 7});
      CHECK(w.held == numbers{*held});
      CHECK(w.running.size() == 1);
      CHECK(f.core.is_open({1, 1}));
      CHECK_FALSE(f.core.is_open({1, 3}));
      const numbers all{1, 2, 3, 4, 5, 6};
      CHECK(f.core.withdraw(1, all).ended == numbers{2, 4, 5});
      CHECK(f.core.engine_lost(0).size() == 1);
      CHECK(f.core.tasks_of(1) == 0);
      CHECK_FALSE(f.core.is_open({1, 1}));
      f.submit(8);
      CHECK(f.core.is_open({1, 8}));
      CHECK(f.core.withdraw(1, numbers{8}).ended == numbers{8}); // the last one takes the numbers along
    }
  }

  TEST_CASE("a task that is held back and waits too long says which it was") {
    fixture f{1};
    const auto id = f.core.hold({.client = 1, .number = 1, .timeout = 1s});
    f.core.set_time(clock_point{1s});
    const auto late = f.core.expire();
    REQUIRE(late.size() == 1);
    CHECK(late[0].held == *id);
  }
}
