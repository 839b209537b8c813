#pragma once
// Virtual time, and an engine with its worker in it: what simulations of the scheduler have in common.

#include "runtime/core/engine_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

namespace pactor::test {

using std::chrono::nanoseconds;

/// What is planned happens in the order of its time; at one time, in the order it was planned.
class virtual_time {
public:
  [[nodiscard]] nanoseconds now() const { return now_; }
  void plan(nanoseconds at, std::function<void()> what) {
    auto place = plans_.size();
    if (free_.empty()) {
      plans_.push_back(std::move(what));
    } else {
      place = free_.back();
      free_.pop_back();
      plans_[place] = std::move(what);
    }
    events_.push({std::max(at, now_), ++order_, place});
  }
  void after(nanoseconds delay, std::function<void()> what) { plan(now_ + delay, std::move(what)); }

  /// @param each_time is called before each event. @return false if nothing is planned any more
  template <class F>
  bool step(F&& each_time) {
    if (events_.empty()) return false;
    const auto e = events_.top();
    events_.pop();
    now_ = e.at;
    each_time();
    const auto what = std::exchange(plans_[e.place], nullptr);
    free_.push_back(e.place);
    what();
    return true;
  }

private:
  struct event {
    nanoseconds at;
    std::uint64_t order;
    std::size_t place;
    bool operator<(const event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  std::priority_queue<event> events_;
  std::vector<std::function<void()>> plans_; // by place: moving these in a heap takes longest of all
  std::vector<std::size_t> free_;
  std::uint64_t order_ = 0;
  nanoseconds now_{0};
};

/// An engine's own core, and a worker that holds what this gives it and runs one task after the other. What the worker
/// has not begun can be taken from it, as by the control page.
class simulated_engine {
public:
  simulated_engine() { core_.worker_ready(); }

  void take(std::uint64_t id) { REQUIRE(core_.push({.id = id})); }
  /// The task that the worker begins now, if it can begin one.
  std::optional<std::uint64_t> begin() {
    for (;;) {
      while (const auto t = core_.next()) held_.push_back(t->id);
      if (runs_ || held_.empty()) return std::nullopt;
      const auto id = held_.front();
      if (withdrawn_.erase(id) == 0) {
        runs_ = true;
        return id;
      }
      held_.pop_front();
      core_.finished({id, false}, nanoseconds{-1});
    }
  }
  /// The worker ended what it ran.
  void end(nanoseconds took) {
    runs_ = false;
    core_.finished({held_.front(), false}, took);
    held_.pop_front();
  }
  /// @return false if the task has begun, or is not here
  bool give_back(std::uint64_t id) {
    if (core_.withdraw({id, false})) return true;
    const auto at = std::find(held_.begin(), held_.end(), id);
    if (at == held_.end() || (at == held_.begin() && runs_)) return false;
    return withdrawn_.insert(id).second;
  }

  struct loss {
    std::optional<std::uint64_t> first; ///< of those that the worker held
    bool ran = false;                   ///< and whether it had begun
    std::vector<std::uint64_t> others;
  };
  loss lose_worker() {
    loss result;
    const auto lost = core_.worker_lost();
    const auto gone = std::exchange(withdrawn_, {});
    result.ran = std::exchange(runs_, false);
    held_.clear();
    if (lost.executing && !gone.contains(lost.executing->id)) result.first = lost.executing->id;
    for (const auto id : lost.unstarted_balanced)
      if (!gone.contains(id)) result.others.push_back(id);
    return result;
  }
  void worker_ready() { core_.worker_ready(); }

  [[nodiscard]] std::optional<std::uint64_t> running() const {
    return runs_ ? std::optional{held_.front()} : std::nullopt;
  }
  [[nodiscard]] bool idle() const { return core_.status() == core::engine_status::idle && core_.queued() == 0; }
  /// Tasks that could still be given back.
  [[nodiscard]] std::vector<std::uint64_t> unstarted() const {
    std::vector<std::uint64_t> result;
    for (const auto& p : core_.tasks())
      if (running() != p.task.id && !withdrawn_.contains(p.task.id)) result.push_back(p.task.id);
    return result;
  }

private:
  core::engine_core core_;
  std::deque<std::uint64_t> held_; // by the worker, in order
  std::set<std::uint64_t> withdrawn_;
  bool runs_ = false;
};

} // namespace pactor::test
