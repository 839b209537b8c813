#include "runtime/core/publish_limiter.hpp"

namespace pactor::core {

void publish_limiter::earn(time_point now) {
  using std::chrono::milliseconds;
  constexpr milliseconds long_enough{60'000};
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - since_);
  if (elapsed.count() <= 0) return;
  since_ = elapsed > long_enough ? now : since_ + elapsed;
  const auto earned = limits_.per_second * static_cast<std::size_t>(std::min(elapsed, long_enough).count()) / 1'000;
  credit_ = std::min(credit_ + earned, limits_.burst);
}

} // namespace pactor::core
