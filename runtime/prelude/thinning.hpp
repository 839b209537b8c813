#pragma once
// Points as they lie in a picture, and fewer of them that look the same.

#include <cstddef>
#include <vector>

namespace pactor::prelude_library {

struct pixel {
  double x = 0, y = 0;
  friend bool operator==(const pixel&, const pixel&) = default;
};

/// More points than this are thinned out.
inline constexpr std::size_t drawn_in_full = 4000;

/// Of a line: of the points that follow one another in a column of pixels the first, lowest, highest and last. If these
/// are still a great many, since the line goes to and fro: those that lie apart from the one before, among them the
/// outline of all.
[[nodiscard]] std::vector<pixel> thin_line(const std::vector<pixel>& points);
/// Of points: one in each square of 2 pixels.
[[nodiscard]] std::vector<pixel> thin_points(const std::vector<pixel>& points);

} // namespace pactor::prelude_library
