#include "runtime/core/pace.hpp"

#include <algorithm>

namespace pactor::core {

pace::pace(limits l) noexcept
    : limits_{l}, least_{(l.target.count() + l.most - 1) / l.most},
      most_ahead_{std::max(least_, (l.target.count() + 1) / 2)}, solo_factor_{l.solo_from.count() / l.target.count()} {
  means_.fill(unknown);
}

std::int64_t pace::cost(std::uint32_t kind, std::uint64_t bytes) const noexcept {
  const auto mean = means_[kind % means_.size()];
  // Waiting for the next payload must be as small a part of a long task as waiting for an empty one is.
  if (mean == unknown || mean >= solo_factor_ * carrying(bytes) + limits_.solo_from.count()) return target();
  return std::clamp(std::max(mean, carrying(bytes)), least_, most_ahead_);
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
