#pragma once
// How much of what a task prints goes on its way, so that one that prints without end exhausts nobody.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pactor::core {

/// One stream of one task: its first bytes go on at once, later ones as fast as a person reads; the last ones are held
/// back until they may go, or the task ends. What is more is counted and left out, so that the first and the last part
/// always arrive. Knows no clock.
class output_limiter {
public:
  struct limits {
    std::size_t burst = std::size_t{2} << 20;        ///< bytes at once
    std::size_t per_second = std::size_t{256} << 10; ///< bytes, after these
    std::size_t held = std::size_t{2} << 20;         ///< bytes that wait, at most
  };
  using time_point = std::chrono::steady_clock::time_point;

  output_limiter() noexcept : output_limiter{limits{}} {}
  explicit output_limiter(limits l) noexcept : limits_{l}, credit_{l.burst} {}

  /// A new task prints from now on.
  void restart(time_point now) {
    credit_ = limits_.burst;
    since_ = now;
    forget();
  }

  /// @param send f(omitted, text): `text` goes on now; in front of it `omitted` bytes were left out. It is valid
  /// during the call only, and f must not throw
  template <class F>
  void add(std::string_view text, time_point now, F&& send) {
    earn(now);
    if (waiting() == 0) {
      const auto n = std::min(credit_, text.size());
      if (n > 0) send(std::uint64_t{0}, text.substr(0, n));
      credit_ -= n;
      text.remove_prefix(n);
    }
    hold(text);
    let_go(send);
  }
  /// Some time went by: what waits may have earned its way.
  template <class F>
  void release(time_point now, F&& send) {
    if (waiting() == 0) return;
    earn(now);
    let_go(send);
  }
  /// The task has ended: what waits goes.
  template <class F>
  void finish(F&& send) {
    if (waiting() > 0 || omitted_ > 0) send(omitted_, rest());
    forget();
  }
  /// Bytes that are held back.
  [[nodiscard]] std::size_t waiting() const noexcept { return held_.size() - first_; }

private:
  [[nodiscard]] std::string_view rest() const { return std::string_view{held_}.substr(first_); }
  template <class F>
  void let_go(F&& send) {
    const auto n = std::min(credit_, waiting());
    if (n == 0 || (n < waiting() && n < worthwhile)) return;
    send(omitted_, rest().substr(0, n));
    omitted_ = 0;
    credit_ -= n;
    first_ += n;
    if (waiting() == 0) forget();
  }
  void earn(time_point now);
  void hold(std::string_view text);
  void forget();

  static constexpr std::size_t worthwhile = std::size_t{32} << 10; // of a long text, so that it has few gaps
  limits limits_;
  std::size_t credit_;
  time_point since_{};
  std::string held_;
  std::size_t first_ = 0; // in held_: what is before it has gone or was left out
  std::uint64_t omitted_ = 0;
};

} // namespace pactor::core
