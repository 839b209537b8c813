#pragma once
// An axis of a plot: which numbers it shows, where its ticks are and how they read.

#include <string>
#include <vector>

namespace pactor::prelude_library {

/// From data to pixels along one direction.
struct axis {
  double low = 0, high = 1;     ///< of the data; high > low
  double first = 0, length = 1; ///< of the pixels; length < 0 upwards
  std::vector<double> ticks;

  /// Where this number lies, also beyond the ends. Halves, so that the widest ranges do not overflow.
  [[nodiscard]] double place(double v) const noexcept {
    return first + length * ((v / 2 - low / 2) / (high / 2 - low / 2));
  }
};

/// An axis for numbers from `low` to `high`, with about `wanted` ticks at multiples of 1, 2 or 5 times a power of ten.
/// Equal or unordered numbers get a range around them. @pre finite
[[nodiscard]] axis make_axis(double low, double high, int wanted, double margin);

/// The texts of the ticks: as many digits as tell them apart.
[[nodiscard]] std::vector<std::string> tick_texts(const axis& a);

} // namespace pactor::prelude_library
