#pragma once
// How much of something that others can cause at will is told.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace pactor::core {

/// Lets a number pass at once and so many a second from then on, and counts the others.
class rate_limit {
public:
  using time_point = std::chrono::steady_clock::time_point;

  rate_limit(double at_once, double each_second) noexcept : most_{at_once}, each_second_{each_second}, left_{at_once} {}

  /// @return nothing if this one is not to pass, else how many did not since the last one that did
  std::optional<std::uint64_t> pass(time_point now) noexcept {
    const auto since = std::chrono::duration<double>(now - at_).count();
    left_ = at_ == time_point{} ? most_ : std::min(most_, left_ + since * each_second_);
    at_ = now;
    if (left_ < 1) {
      ++withheld_;
      return std::nullopt;
    }
    --left_;
    const auto others = withheld_;
    withheld_ = 0;
    return others;
  }

private:
  double most_, each_second_, left_;
  time_point at_{};
  std::uint64_t withheld_ = 0;
};

} // namespace pactor::core
