#pragma once
// Which of the values that a task publishes go on their way, so that one that publishes in a loop floods nobody.

#include "pactor/detail/bytes.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::core {

/// The latest value of each name counts: some go on at once, then as many as a reader needs; one that has to wait is
/// replaced by a later one of its name. What still waits when the task ends goes then, so that the last value of each
/// name always does. Knows no clock.
class publish_limiter {
public:
  struct limits {
    std::size_t burst = std::size_t{256} << 10;      ///< bytes at once
    std::size_t per_second = std::size_t{256} << 10; ///< bytes, after these
    std::size_t kept = std::size_t{1} << 20;         ///< bytes of the latest values of all names, with their names
    std::size_t each = 64;                           ///< bytes that each value counts beside its own
  };
  using time_point = std::chrono::steady_clock::time_point;

  publish_limiter() : publish_limiter{limits{}} {}
  explicit publish_limiter(limits l) : limits_{l}, credit_{l.burst} {}

  /// @param send f(name, value): this value goes on now. It must not throw
  /// @return false if this is more than a task may have published: then nothing has changed
  template <class F>
  bool add(std::string_view name, std::string_view value, time_point now, F&& send) {
    const auto cost = limits_.each + name.size() + value.size();
    auto known = values_.find(name);
    const auto others = kept_ - (known == values_.end() ? 0 : known->second.cost);
    if (cost > limits_.kept || others > limits_.kept - cost) return false;
    earn(now);
    const bool at_once = waiting_.empty() && cost <= credit_;
    detail::bytes copy;
    if (!at_once) copy = detail::bytes::copy(value.data(), value.size());
    if (known == values_.end()) known = values_.emplace(std::string{name}, entry{}).first;
    auto& e = known->second;
    if (!at_once && e.place == 0) {
      waiting_.emplace(next_, known);
      e.place = next_++;
    }
    e.cost = cost;
    kept_ = others + cost;
    if (at_once) {
      credit_ -= cost;
      send(name, value);
    } else {
      e.value = std::move(copy);
      let_go(send);
    }
    return true;
  }
  /// Some time went by: what waits may have earned its way.
  template <class F>
  void release(time_point now, F&& send) {
    if (waiting_.empty()) return;
    earn(now);
    let_go(send);
  }
  /// The task has ended: what waits goes; from now on another one publishes.
  template <class F>
  void finish(time_point now, F&& send) {
    for (const auto& [place, which] : waiting_) send(which->first, text(which->second.value));
    waiting_.clear();
    values_.clear();
    kept_ = 0;
    credit_ = limits_.burst;
    since_ = now;
  }
  /// Values that wait.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  struct entry {
    detail::bytes value{}; // while it waits
    std::size_t cost = 0;
    std::uint64_t place = 0; // in waiting_; 0: it has gone
  };
  using table = std::map<std::string, entry, std::less<>>;

  static std::string_view text(const detail::bytes& b) { return {b.data(), b.size()}; }
  template <class F>
  void let_go(F&& send) {
    // Who waited longest goes first. A value larger than the burst goes when there is nothing left to save up for.
    while (!waiting_.empty()) {
      auto& [name, e] = *waiting_.begin()->second;
      if (credit_ < std::min(e.cost, limits_.burst)) return;
      credit_ -= std::min(e.cost, credit_);
      send(std::string_view{name}, text(e.value));
      e.value = {};
      e.place = 0;
      waiting_.erase(waiting_.begin());
    }
  }
  void earn(time_point now);

  limits limits_;
  std::size_t credit_, kept_ = 0;
  time_point since_{};
  table values_;
  std::map<std::uint64_t, table::iterator> waiting_;
  std::uint64_t next_ = 1;
};

} // namespace pactor::core
