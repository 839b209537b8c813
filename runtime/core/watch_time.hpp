#pragma once
// Whether a thread that waits for a task should look for its outcome again and again instead of sleeping.

#include <algorithm>
#include <atomic>
#include <chrono>

namespace pactor::core {

/// Waking a thread costs about as much as an empty task, and a processor that fell asleep makes every process on the
/// task's way slower to wake. So for tasks that have lately come back soon one watches for a while, as a lock does that
/// spins before it sleeps. Thread-safe.
class watch_time {
public:
  /// One watches no longer, and only where tasks come back so soon.
  static constexpr std::chrono::nanoseconds most = std::chrono::microseconds{500};

  /// @param processors  that this process may use: with one alone, who watches would hold up what it waits for
  explicit watch_time(unsigned processors) noexcept : alone_{processors < 2} {}

  /// How long to watch for the next task, from when it was sent; 0 means to sleep at once.
  [[nodiscard]] std::chrono::nanoseconds worth() const noexcept {
    return alone_ || mean_.load(std::memory_order_relaxed) > most.count() ? std::chrono::nanoseconds{0} : most;
  }

  /// A task came back after so long. One that took long makes the next few sleep; a few short ones make up for it.
  void took(std::chrono::nanoseconds there_and_back) noexcept {
    const auto mean = mean_.load(std::memory_order_relaxed);
    const auto new_one = std::clamp(there_and_back, std::chrono::nanoseconds{0}, 4 * most).count();
    mean_.store(mean + (new_one - mean) / 3, std::memory_order_relaxed);
  }

private:
  std::atomic<std::chrono::nanoseconds::rep> mean_{0};
  bool alone_;
};

} // namespace pactor::core
