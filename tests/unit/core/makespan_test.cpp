#include "runtime/core/engine_core.hpp"
#include "runtime/core/task_core.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <set>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;
using test::chance;

namespace {

using nanoseconds = std::chrono::nanoseconds;
constexpr nanoseconds way = 125us; // from scheduler to worker, or back

/// Scheduler and engines with the way between them, in virtual time. Workers hold what the engines' own cores give
/// them; what one has not begun can be taken from it, as by the control page.
class cluster {
public:
  cluster(int engines, std::vector<nanoseconds> tasks)
      : durations_{std::move(tasks)}, engines_(static_cast<std::size_t>(engines)) {
    for (int i = 0; i < engines; ++i) {
      core_.engine_joined(i);
      engines_[static_cast<std::size_t>(i)].core.worker_ready();
    }
  }

  /// @return when the last outcome is there
  nanoseconds run() {
    for (std::size_t i = 0; i < durations_.size(); ++i)
      REQUIRE(core_.submit({.client = 1, .number = i}) == submission::accepted);
    decide();
    while (!events_.empty()) {
      const auto e = events_.top();
      events_.pop();
      now_ = e.at;
      core_.set_time(task_core::time_point{now_});
      e.what();
    }
    REQUIRE(ended_ == durations_.size());
    for (const auto& [number, runs] : runs_) REQUIRE(runs == 1);
    return last_;
  }
  [[nodiscard]] std::size_t recalls() const { return recalls_; }

private:
  struct event {
    nanoseconds at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  struct place {
    engine_core core;
    std::map<std::uint64_t, std::uint64_t> numbers; // by id
    bool runs = false;
    std::vector<std::uint64_t> held; // by the worker, in order
    std::set<std::uint64_t> withdrawn;
  };

  place& place_of(int e) { return engines_[static_cast<std::size_t>(e)]; }
  void after(nanoseconds delay, std::function<void()> f) { events_.push({now_ + delay, ++order_, std::move(f)}); }

  void decide() {
    while (const auto a = core_.next())
      after(way, [this, e = a->engine, id = a->id, number = a->task.number] {
        place_of(e).numbers[id] = number;
        REQUIRE(place_of(e).core.push({.id = id}));
        feed(e);
      });
    for (const auto& r : core_.recalls()) {
      ++recalls_;
      after(way, [this, r] { give_back(r.engine, r.id); });
    }
    if (const auto at = core_.wake_at()) {
      const auto then = std::max(nanoseconds{at->time_since_epoch()} - now_, nanoseconds{0});
      after(then, [this] { decide(); });
    }
  }

  void feed(int e) {
    auto& at = place_of(e);
    while (const auto t = at.core.next()) at.held.push_back(t->id);
    work(e);
  }

  void work(int e) {
    auto& at = place_of(e);
    while (!at.runs && !at.held.empty()) {
      const auto id = at.held.front();
      if (at.withdrawn.erase(id) > 0) {
        at.held.erase(at.held.begin());
        at.core.finished({id, false}, nanoseconds{-1});
        continue;
      }
      at.runs = true;
      const auto number = at.numbers[id];
      ++runs_[number];
      after(durations_[number], [this, e, id, took = durations_[number]] { done(e, id, took); });
    }
  }

  void done(int e, std::uint64_t id, nanoseconds took) {
    auto& at = place_of(e);
    at.runs = false;
    at.held.erase(at.held.begin());
    at.core.finished({id, false}, took);
    feed(e);
    after(way, [this, e, id, took] {
      REQUIRE(core_.finished(id, e, took));
      ++ended_;
      last_ = now_;
      decide();
    });
  }

  void give_back(int e, std::uint64_t id) {
    auto& at = place_of(e);
    if (!at.core.withdraw({id, false})) {
      const auto t = std::find(at.held.begin(), at.held.end(), id);
      if (t == at.held.end() || (t == at.held.begin() && at.runs)) return;
      at.withdrawn.insert(id);
    }
    after(way, [this, e, id] {
      REQUIRE_FALSE(core_.task_lost(id, e, false, false));
      decide();
    });
  }

  std::vector<nanoseconds> durations_;
  std::vector<place> engines_;
  task_core core_;
  std::priority_queue<event> events_;
  std::uint64_t order_ = 0;
  nanoseconds now_{0}, last_{0};
  std::size_t ended_ = 0, recalls_ = 0;
  std::map<std::uint64_t, int> runs_;
};

/// Each task, oldest first, to the engine that is free first.
nanoseconds greedy(std::size_t engines, const std::vector<nanoseconds>& tasks) {
  std::vector<nanoseconds> free(engines);
  for (const auto t : tasks) *std::min_element(free.begin(), free.end()) += t;
  return *std::max_element(free.begin(), free.end());
}

std::vector<nanoseconds> skewed(chance& c, std::size_t count) {
  std::vector<nanoseconds> tasks(count, 2ms);
  for (std::size_t i = 0; i < count / 10; ++i) tasks[i] = 50ms;
  for (auto i = count; i > 1; --i) std::swap(tasks[i - 1], tasks[c.below(i)]);
  return tasks;
}

} // namespace

TEST_SUITE("makespan") {
  TEST_CASE("skewed tasks take hardly longer than with a scheduler that knows at once who is free") {
    double sum = 0, worst = 0;
    constexpr int seeds = 100;
    test::for_seeds(seeds, [&](chance& c) {
      const auto tasks = skewed(c, 200);
      cluster sim{4, tasks};
      const auto took = sim.run();
      const auto ratio = static_cast<double>(took.count()) / static_cast<double>(greedy(4, tasks).count());
      sum += ratio;
      worst = std::max(worst, ratio);
    });
    CHECK(sum / seeds <= 1.02);
    CHECK(worst <= 1.05);
  }

  TEST_CASE("tasks of equal length are not taken back over and over") {
    for (const auto length : {300us, 2000us, 10000us}) {
      cluster sim{4, std::vector<nanoseconds>(400, length)};
      const auto took = sim.run();
      CHECK(took <= length * 100 + length + 1ms);
      CHECK(sim.recalls() <= 20);
    }
  }

  TEST_CASE("what waits behind a long task runs elsewhere as soon as someone is free") {
    std::vector<nanoseconds> tasks(20, 1ms);
    tasks[8] = 10s;
    cluster sim{2, tasks};
    CHECK(sim.run() <= 10s + 20ms);
  }
}
