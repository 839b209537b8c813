#include "runtime/core/near_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace pactor::core {
namespace {

constexpr std::size_t shown = 3;
// Longer names are none that a person typed, and would cost time quadratic in their length.
constexpr std::size_t longest = 256;
constexpr std::size_t shortest_fragment = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text.size(), '\0');
  std::transform(text.begin(), text.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

/// Optimal string alignment: insertions, deletions, changes, swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows suffice: a swap looks back two.
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows) row.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

} // namespace

std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.empty() || name.size() > longest) return {};
  const auto wanted = lower(name);
  // Sorted by: found only as a fragment, distance, differs from the name in length, name.
  using rank = std::tuple<bool, std::size_t, std::size_t, std::string>;
  std::vector<rank> found;
  for (const auto& candidate : candidates) {
    if (candidate.empty() || candidate.size() > longest) continue;
    const auto text = lower(candidate);
    const auto longer = std::max(wanted.size(), text.size());
    const auto gap = longer - std::min(wanted.size(), text.size());
    const auto allowed = std::max<std::size_t>(1, longer / 3);
    const auto distance = gap > allowed ? gap : edit_distance(wanted, text);
    // Of a name of one or two characters, one must be right.
    if (distance <= allowed && distance < longer)
      found.emplace_back(false, distance, gap, candidate);
    else if (wanted.size() >= shortest_fragment && text.find(wanted) != std::string::npos)
      found.emplace_back(true, distance, gap, candidate);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<std::string> result;
  for (auto& one : found) {
    if (result.size() == shown) break;
    result.push_back(std::move(std::get<3>(one)));
  }
  return result;
}

} // namespace pactor::core
