#pragma once
// When to try again after a connection was lost, and when to stop trying.

#include "runtime/core/restart_policy.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

namespace pactor::core {

/// Attempts of one process to get back to its controller: the first at once, then after growing waits, until the limit.
class reconnecting {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr backoff default_waits{std::chrono::milliseconds{10}, std::chrono::milliseconds{500}};

  /// @param limit  since the loss; 0: no attempt at all
  reconnecting(time_point lost, std::chrono::milliseconds limit, backoff waits = default_waits)
      : waits_{waits}, deadline_{lost + limit}, none_{limit.count() <= 0} {}

  /// Before each attempt. @return how long to wait first; nothing if the limit is over
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next(time_point now, std::mt19937& chance) {
    if (none_ || now >= deadline_) return std::nullopt;
    if (attempts_ == 0) {
      ++attempts_;
      return std::chrono::nanoseconds{0};
    }
    const auto wait = waits_.wait(attempts_++ - 1, chance);
    return std::min<std::chrono::nanoseconds>(wait, deadline_ - now); // a last one when the time is over
  }
  /// The controller refused an attempt. That may be so for a moment while credentials are replaced; @return true if it
  /// has been so for longer, and trying again makes no sense
  [[nodiscard]] bool hopeless(time_point now) {
    if (!refused_) refused_ = now;
    return now - *refused_ >= refusal_patience;
  }
  static constexpr std::chrono::seconds refusal_patience{3};
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  [[nodiscard]] unsigned attempts() const noexcept { return attempts_; }

private:
  backoff waits_;
  time_point deadline_;
  bool none_;
  unsigned attempts_ = 0;
  std::optional<time_point> refused_; // for the first time
};

} // namespace pactor::core
