#include "runtime/prelude/thinning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_set>

namespace pactor::prelude_library {

namespace {

constexpr std::size_t most_apart = 50'000; ///< points of a line that goes to and fro

void add_new(std::vector<pixel>& out, const pixel& p) {
  if (out.empty() || !(out.back() == p)) out.push_back(p);
}

std::vector<pixel> thin_columns(const std::vector<pixel>& points) {
  std::vector<pixel> out;
  for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    std::size_t low = begin, high = begin;
    while (end < points.size() && std::floor(points[end].x) == std::floor(points[begin].x)) {
      if (points[end].y < points[low].y) low = end;
      if (points[end].y > points[high].y) high = end;
      ++end;
    }
    add_new(out, points[begin]);
    add_new(out, points[std::min(low, high)]);
    add_new(out, points[std::max(low, high)]);
    add_new(out, points[end - 1]);
  }
  return out;
}

std::vector<pixel> thin_apart(const std::vector<pixel>& points) {
  for (double distance = 0.5;; distance *= 2) {
    std::vector<pixel> out;
    for (const auto& p : points)
      if (out.empty() || std::hypot(p.x - out.back().x, p.y - out.back().y) >= distance) out.push_back(p);
    if (!points.empty()) add_new(out, points.back());
    if (out.size() <= most_apart || distance > 1e3) return out;
  }
}

} // namespace

std::vector<pixel> thin_line(const std::vector<pixel>& points) {
  if (points.size() <= drawn_in_full) return points;
  const auto grows = std::is_sorted(points.begin(), points.end(), [](auto& a, auto& b) { return a.x < b.x; });
  return grows ? thin_columns(points) : thin_apart(points);
}

std::vector<pixel> thin_points(const std::vector<pixel>& points) {
  if (points.size() <= drawn_in_full) return points;
  std::unordered_set<std::uint64_t> taken;
  std::vector<pixel> out;
  for (const auto& p : points) {
    const auto x = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::floor(p.x / 2)));
    const auto y = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::floor(p.y / 2)));
    if (taken.insert(std::uint64_t{x} << 32 | y).second) out.push_back(p);
  }
  return out;
}

} // namespace pactor::prelude_library
