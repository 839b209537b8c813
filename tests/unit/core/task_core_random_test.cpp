#include "runtime/core/task_core.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;
using test::chance;

namespace {

/// Does everything to a core that can be done to one, in any order, and keeps its own simple books beside it.
class simulation {
public:
  explicit simulation(chance& c) : chance_{c} {}

  void step() {
    switch (chance_.below(12)) {
    case 0:
      join();
      break;
    case 1:
      lose_engine();
      break;
    case 2:
      pause_or_resume();
      break;
    case 3:
      if (chance_.one_in(6)) leave();
      break;
    case 4:
    case 5:
      lose_task();
      break;
    case 6:
      late_outcome();
      break;
    case 7:
    case 8:
      finish();
      break;
    default:
      submit();
      break;
    }
    drain();
    check_counts();
  }

  /// Lets everything come to its end.
  void settle() {
    paused_.clear();
    for (const auto e : engines_) core_.engine_resumed(e);
    if (engines_.empty()) join();
    drain();
    while (!running_.empty()) {
      finish();
      drain();
    }
    check_counts();
    REQUIRE(core_.waiting() == 0);
    for (const auto& [k, t] : tasks_) REQUIRE(t.ended);
  }

private:
  using key = std::pair<std::uint32_t, std::uint64_t>;
  struct task {
    std::vector<int> allowed;
    std::uint64_t sequence = 0;
    std::uint32_t kind = 0;
    std::uint64_t bytes = 0;
    std::uint32_t losses = 0;
    bool idempotent = true;
    bool waiting = true;
    bool ended = false;
    bool orphan = false;
  };
  struct run {
    key of;
    int engine = -1;
    std::int64_t cost = 0;
  };
  static constexpr std::uint32_t max_losses = 2;

  void submit() {
    const key k{static_cast<std::uint32_t>(chance_.below(3)), ++numbers_};
    task t{.allowed = {},
           .sequence = numbers_,
           .kind = static_cast<std::uint32_t>(chance_.below(3)),
           .bytes = chance_.one_in(10) ? 1'500'000U : 0U,
           .idempotent = !chance_.one_in(8)};
    if (chance_.one_in(3))
      for (auto n = chance_.below(3) + 1; n > 0; --n) t.allowed.push_back(static_cast<int>(chance_.below(6)));
    const auto possible = t.allowed.empty() || has_engine(t);
    const auto answer = core_.submit({.client = k.first,
                                      .number = k.second,
                                      .transfer_size = t.bytes,
                                      .allowed = t.allowed,
                                      .kind = t.kind,
                                      .idempotent = t.idempotent});
    REQUIRE((answer == submission::accepted) == possible);
    if (possible) tasks_.emplace(k, std::move(t));
  }

  void drain() {
    while (const auto a = core_.next()) {
      const key k{a->task.client, a->task.number};
      auto& t = tasks_.at(k);
      REQUIRE(t.waiting);
      REQUIRE_FALSE(t.ended);
      REQUIRE(may_run(t, a->engine));
      REQUIRE(load(a->engine) < pace_.target());
      REQUIRE(a->transfer_size == t.bytes);
      // Of a client's, oldest first; of engines, the one with the least work.
      for (const auto& [other_key, other] : tasks_)
        if (other_key.first == k.first && other.waiting && !other.ended && other.sequence < t.sequence)
          REQUIRE_FALSE(has_place(other));
      for (const auto e : engines_)
        if (may_run(t, e)) REQUIRE(load(a->engine) <= load(e));
      REQUIRE(running_.emplace(a->id, run{k, a->engine, pace_.cost(t.kind, t.bytes)}).second);
      REQUIRE(used_.insert(a->id).second);
      t.waiting = false;
    }
    for (const auto& [k, t] : tasks_) REQUIRE_FALSE((t.waiting && !t.ended && has_place(t)));
  }

  void join() {
    const auto e = static_cast<int>(chance_.below(6));
    core_.engine_joined(e);
    engines_.insert(e);
  }

  void lose_engine() {
    if (engines_.empty() || !chance_.one_in(3)) return;
    const auto e = *std::next(engines_.begin(), static_cast<std::ptrdiff_t>(chance_.below(engines_.size())));
    engines_.erase(e);
    paused_.erase(e);
    std::set<key> was_there;
    for (auto at = running_.begin(); at != running_.end();) { // ascending ids: in the order they were assigned
      const auto next = std::next(at);
      if (at->second.engine == e) {
        if (was_there.empty()) ++tasks_.at(at->second.of).losses;
        was_there.insert(at->second.of);
        put_back(at);
      }
      at = next;
    }
    for (const auto& x : core_.engine_lost(e)) {
      const auto& t = tasks_.at({x.task.client, x.task.number});
      const auto there = was_there.count({x.task.client, x.task.number}) > 0;
      switch (x.reason) {
      case give_up_reason::losses:
        REQUIRE((there && t.losses > max_losses));
        break;
      case give_up_reason::not_idempotent:
        REQUIRE((there && !t.idempotent));
        break;
      case give_up_reason::no_engine:
        REQUIRE_FALSE((t.allowed.empty() || has_engine(t)));
        break;
      case give_up_reason::withdrawn:
      case give_up_reason::timed_out:
      case give_up_reason::unreachable:
        FAIL("nobody wanted that");
        break;
      }
      give_up(x);
    }
    for (const auto& [k, t] : tasks_) // none is left to wait for ever
      REQUIRE_FALSE((t.waiting && !t.ended && !t.allowed.empty() && !has_engine(t)));
  }

  void lose_task() {
    if (running_.empty()) return;
    const auto at = any_run();
    const auto [id, r] = *at;
    const auto started = chance_.one_in(2);
    auto& t = tasks_.at(r.of);
    t.losses += started ? 1 : 0;
    const auto doomed = !t.orphan && started && (!t.idempotent || t.losses > max_losses);
    put_back(at);
    const auto ended = core_.task_lost(id, r.engine, started);
    REQUIRE(ended.has_value() == doomed);
    if (!ended) return;
    REQUIRE(ended->losses == t.losses);
    give_up(*ended);
  }

  void finish() {
    if (running_.empty()) return;
    const auto at = any_run();
    const auto [id, r] = *at;
    auto& t = tasks_.at(r.of);
    const std::chrono::nanoseconds run_time[] = {1us, 300us, 80ms};
    const auto took = run_time[chance_.one_in(5) ? chance_.below(3) : t.kind];
    const auto told = core_.finished(id, r.engine, took);
    pace_.learn(t.kind, took);
    running_.erase(at);
    if (t.orphan) {
      REQUIRE_FALSE(told);
      return;
    }
    REQUIRE(told == owner{r.of.first, r.of.second});
    REQUIRE_FALSE(t.ended);
    t.ended = true;
  }

  void late_outcome() {
    if (used_.empty()) return;
    const auto id = *std::next(used_.begin(), static_cast<std::ptrdiff_t>(chance_.below(used_.size())));
    const auto at = running_.find(id);
    const auto engine = static_cast<int>(chance_.below(6));
    if (at != running_.end() && at->second.engine == engine) return;
    REQUIRE_FALSE(core_.finished(id, engine, 1us));
    REQUIRE_FALSE(core_.task_lost(id, engine, true));
  }

  void pause_or_resume() {
    const auto e = static_cast<int>(chance_.below(6));
    if (!known(e)) return;
    if (paused_.erase(e) > 0)
      core_.engine_resumed(e);
    else if (chance_.one_in(3)) {
      paused_.insert(e);
      core_.engine_paused(e);
    }
  }

  void leave() {
    const auto client = static_cast<std::uint32_t>(chance_.below(3));
    core_.client_gone(client);
    for (auto& [k, t] : tasks_) {
      if (k.first != client || t.ended) continue;
      t.ended = true;
      t.orphan = !t.waiting;
    }
  }

  void give_up(const given_up& x) {
    auto& t = tasks_.at({x.task.client, x.task.number});
    REQUIRE_FALSE(t.ended);
    REQUIRE(t.waiting); // as put back
    t.ended = true;
  }

  void put_back(std::map<std::uint64_t, run>::iterator at) {
    tasks_.at(at->second.of).waiting = true;
    running_.erase(at);
  }

  void check_counts() {
    std::size_t waiting = 0;
    for (const auto& [k, t] : tasks_) waiting += t.waiting && !t.ended ? 1 : 0;
    REQUIRE(core_.waiting() == waiting);
    for (int e = 0; e < 6; ++e) {
      const auto count = static_cast<std::size_t>(
          std::count_if(running_.begin(), running_.end(), [&](const auto& x) { return x.second.engine == e; }));
      REQUIRE(core_.outstanding(e) == count);
      REQUIRE(count <= 256);
    }
  }

  std::map<std::uint64_t, run>::iterator any_run() {
    return std::next(running_.begin(), static_cast<std::ptrdiff_t>(chance_.below(running_.size())));
  }
  [[nodiscard]] bool known(int e) const { return engines_.count(e) > 0; }
  [[nodiscard]] bool has_engine(const task& t) const {
    return std::any_of(t.allowed.begin(), t.allowed.end(), [&](int e) { return known(e); });
  }
  [[nodiscard]] bool may_run(const task& t, int e) const {
    return known(e) && paused_.count(e) == 0 &&
           (t.allowed.empty() || std::find(t.allowed.begin(), t.allowed.end(), e) != t.allowed.end());
  }
  [[nodiscard]] std::int64_t load(int e) const {
    std::int64_t sum = 0;
    for (const auto& [id, r] : running_) sum += r.engine == e ? r.cost : 0;
    return sum;
  }
  [[nodiscard]] bool has_place(const task& t) const {
    return std::any_of(engines_.begin(), engines_.end(),
                       [&](int e) { return may_run(t, e) && load(e) < pace_.target(); });
  }

  chance& chance_;
  task_core core_{max_losses};
  pace pace_{task_core::default_limits};
  std::set<int> engines_, paused_;
  std::map<key, task> tasks_;
  std::map<std::uint64_t, run> running_;
  std::set<std::uint64_t> used_; // all ids ever assigned
  std::uint64_t numbers_ = 0;
};

} // namespace

TEST_CASE(
    "task_core: in any order of events every task ends once, and none runs where, when or as often as it must not") {
  test::for_seeds(2000, [](chance& c) {
    simulation s{c};
    for (int i = 0; i < 80; ++i) s.step();
    s.settle();
  });
}
