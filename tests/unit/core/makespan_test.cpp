#include "runtime/core/task_core.hpp"
#include "seeds.hpp"
#include "simulated_engine.hpp"

#include <algorithm>
#include <map>
#include <vector>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;
using test::chance;
using test::nanoseconds;
using test::simulated_engine;

namespace {

constexpr nanoseconds way = 125us; // from scheduler to worker, or back

/// Scheduler and engines with the way between them.
class cluster {
public:
  cluster(int engines, std::vector<nanoseconds> tasks)
      : durations_{std::move(tasks)}, engines_(static_cast<std::size_t>(engines)) {
    for (int i = 0; i < engines; ++i) core_.engine_joined(i);
  }

  /// @return when the last outcome is there
  nanoseconds run() {
    for (std::size_t i = 0; i < durations_.size(); ++i)
      REQUIRE(core_.submit({.client = 1, .number = i}) == submission::accepted);
    decide();
    while (time_.step([this] { core_.set_time(task_core::time_point{time_.now()}); })) {
    }
    REQUIRE(ended_ == durations_.size());
    for (const auto& [number, runs] : runs_) REQUIRE(runs == 1);
    return last_;
  }
  [[nodiscard]] std::size_t recalls() const { return recalls_; }

private:
  simulated_engine& engine(int e) { return engines_[static_cast<std::size_t>(e)]; }

  void decide() {
    while (const auto a = core_.next())
      time_.after(way, [this, e = a->engine, id = a->id, number = a->task.number] {
        numbers_[id] = number;
        engine(e).take(id);
        begin(e);
      });
    for (const auto& r : core_.recalls()) {
      ++recalls_;
      time_.after(way, [this, r] { give_back(r.engine, r.id); });
    }
    if (const auto at = core_.wake_at()) time_.plan(nanoseconds{at->time_since_epoch()}, [this] { decide(); });
  }

  void begin(int e) {
    const auto id = engine(e).begin();
    if (!id) return;
    const auto number = numbers_.at(*id);
    ++runs_[number];
    time_.after(durations_[number], [this, e, id = *id, took = durations_[number]] {
      engine(e).end(took);
      begin(e);
      time_.after(way, [this, e, id, took] {
        REQUIRE(core_.finished(id, e, took));
        ++ended_;
        last_ = time_.now();
        decide();
      });
    });
  }

  void give_back(int e, std::uint64_t id) {
    if (!engine(e).give_back(id)) return;
    time_.after(way, [this, e, id] {
      REQUIRE_FALSE(core_.task_lost(id, e, false, false));
      decide();
    });
  }

  std::vector<nanoseconds> durations_;
  std::vector<simulated_engine> engines_;
  std::map<std::uint64_t, std::uint64_t> numbers_; // by id
  task_core core_;
  test::virtual_time time_;
  nanoseconds last_{0};
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
