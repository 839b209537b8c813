#include "runtime/prelude/thinning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

namespace pactor::prelude_library {

namespace {

constexpr std::size_t most_apart = 50'000; ///< points of a line that goes to and fro

void add_new(std::vector<pixel>& out, const pixel& p) {
  if (out.empty() || !(out.back() == p)) out.push_back(p);
}

/// Points that follow one another within a column of pixels: where the line enters, how far it goes, where it leaves.
std::vector<pixel> thin_runs(const std::vector<pixel>& points) {
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

/// The outline of what the line covers: in each column of pixels the lowest and the highest point, in each row the
/// leftmost and the rightmost one.
std::vector<bool> outline(const std::vector<pixel>& points) {
  struct ends {
    std::size_t first, last;
  };
  std::vector<bool> all(points.size());
  const auto mark = [&](auto along, auto across) {
    std::unordered_map<std::int64_t, ends> lines;
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto& line = lines.try_emplace(static_cast<std::int64_t>(std::floor(along(points[i]))), ends{i, i}).first->second;
      if (across(points[i]) < across(points[line.first])) line.first = i;
      if (across(points[i]) > across(points[line.last])) line.last = i;
    }
    for (const auto& [place, line] : lines) all[line.first] = all[line.last] = true;
  };
  const auto x = [](const pixel& p) { return p.x; };
  const auto y = [](const pixel& p) { return p.y; };
  mark(x, y);
  mark(y, x);
  return all;
}

/// Points that lie apart from the one before, and the outline.
std::vector<pixel> thin_apart(const std::vector<pixel>& points) {
  const auto kept = outline(points);
  for (double distance = 0.5;; distance *= 2) {
    std::vector<pixel> out;
    for (std::size_t i = 0; i < points.size(); ++i)
      if (kept[i] || out.empty() || std::hypot(points[i].x - out.back().x, points[i].y - out.back().y) >= distance)
        add_new(out, points[i]);
    if (!points.empty()) add_new(out, points.back());
    if (out.size() <= most_apart || distance > 1e3) return out;
  }
}

} // namespace

std::vector<pixel> thin_line(const std::vector<pixel>& points) {
  if (points.size() <= drawn_in_full) return points;
  auto out = thin_runs(points);
  return out.size() <= most_apart ? out : thin_apart(out);
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
