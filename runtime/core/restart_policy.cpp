#include "runtime/core/restart_policy.hpp"

#include <algorithm>

namespace pactor::core {

std::chrono::nanoseconds backoff::wait(unsigned attempt, std::mt19937& chance) const {
  auto full = std::min(first, cap);
  for (; attempt > 0 && full < cap; --attempt) full = std::min(full * 2, cap);
  const std::chrono::nanoseconds half = std::chrono::nanoseconds{full} / 2;
  // In millionths, by hand: the standard's distributions differ between libraries.
  constexpr unsigned parts = 1'000'000;
  return half + half / parts * static_cast<std::int64_t>(chance() % (parts + 1));
}

restart_decision restart_policy::died(time_point now, std::mt19937& chance) {
  if (!deaths_.empty()) now = std::max(now, deaths_.back());
  while (!deaths_.empty() && now - deaths_.front() > limits_.period) deaths_.pop_front();
  deaths_.push_back(now);
  if (deaths_.size() > limits_.intensity) {
    deaths_.pop_front(); // what it is asked after having given up stays the same, and the memory bounded
    return give_up{};
  }
  if (deaths_.size() == 1) return restart_now{};
  return wait{limits_.waits.wait(static_cast<unsigned>(deaths_.size()) - 2, chance)};
}

} // namespace pactor::core
