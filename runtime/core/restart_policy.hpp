#pragma once
// Whether and when a child that died is started again: OTP's intensity and period, with a backoff inside.

#include <chrono>
#include <cstddef>
#include <deque>
#include <random>
#include <variant>

namespace pactor::core {

/// Waits that double up to a limit, spread by chance so that many who failed together do not come back together.
struct backoff {
  std::chrono::milliseconds first{50};
  std::chrono::milliseconds cap{5000};

  /// @param attempt  0 for the first wait
  /// @return between half of the doubled wait and all of it, never more than `cap`
  [[nodiscard]] std::chrono::nanoseconds wait(unsigned attempt, std::mt19937& chance) const;
};

/// Start it now.
struct restart_now {};
/// Start it after this long.
struct wait {
  std::chrono::nanoseconds delay;
};
/// Never start it again.
struct give_up {};
using restart_decision = std::variant<restart_now, wait, give_up>;

/// One child's deaths. The first is answered at once, the next ones after growing waits; more than `intensity` within
/// `period` are too many. A child that lived longer than the period begins anew.
class restart_policy {
public:
  using time_point = std::chrono::steady_clock::time_point;
  struct limits {
    std::size_t intensity = 5;
    std::chrono::seconds period{60};
    backoff waits{};
  };

  restart_policy() = default;
  explicit restart_policy(limits l) : limits_{l} {}

  [[nodiscard]] restart_decision died(time_point now, std::mt19937& chance);
  /// Deaths that count at present.
  [[nodiscard]] std::size_t recent() const noexcept { return deaths_.size(); }

private:
  limits limits_{};
  std::deque<time_point> deaths_; // within the period, at most intensity + 1
};

} // namespace pactor::core
