#include "runtime/core/pace.hpp"

#include <algorithm>

namespace pactor::core {
namespace {

// Per byte, on the way to a worker: measured 0.3 to 1 GB/s.
constexpr std::int64_t ns_per_byte = 1;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40;

} // namespace

std::int64_t pace::cost(std::uint32_t kind, std::uint64_t bytes) const noexcept {
  const auto mean = means_[kind % means_.size()];
  const auto carrying = static_cast<std::int64_t>(std::min(bytes, most_bytes)) * ns_per_byte;
  // Waiting for the next payload must be as small a part of a long task as waiting for an empty one is.
  const auto solo = limits_.solo_from.count() / target() * carrying + limits_.solo_from.count();
  if (mean == unknown || mean >= solo) return target();
  const auto least = (target() + limits_.most - 1) / limits_.most;
  return std::clamp(std::max(mean, carrying), least, std::max(least, (target() + 1) / 2));
}

void pace::learn(std::uint32_t kind, std::chrono::nanoseconds run_time) noexcept {
  auto& mean = means_[kind % means_.size()];
  const auto sample = std::max<std::int64_t>(0, run_time.count());
  // Up fast and down slowly: too much ahead makes tasks wait behind long ones, too little only costs some speed. The
  // first task of a kind often loads its library, so down must not be much slower.
  if (mean == unknown)
    mean = sample;
  else if (sample > mean)
    mean += (sample - mean) / 2;
  else
    mean -= (mean - sample) / 4;
}

std::size_t pace::window(std::uint32_t kind) const noexcept {
  const auto one = cost(kind, 0);
  return static_cast<std::size_t>((target() + one - 1) / one);
}

} // namespace pactor::core
