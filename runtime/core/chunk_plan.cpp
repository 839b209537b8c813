#include "runtime/core/chunk_plan.hpp"

#include <algorithm>
#include <cmath>

namespace pactor::core {

namespace {

using seconds = std::chrono::duration<double>;

/// Elements that take so long together; at least 1, at most n.
std::size_t fill(seconds span, seconds element, std::size_t n) {
  const auto count = std::ceil(span / element * (1 - 1e-9));
  return count >= static_cast<double>(n) ? n : std::max<std::size_t>(static_cast<std::size_t>(count), 1);
}

std::size_t share(std::size_t left, std::size_t parts) { return (left + parts - 1) / parts; }

} // namespace

std::vector<std::size_t> chunk_starts(std::size_t n, std::size_t engines, std::optional<seconds> element) {
  constexpr std::size_t unknown_parts = 64, known_parts = 4;
  constexpr seconds wanted{2e-3}, least{20e-6}, shortest{10e-9};
  engines = std::max<std::size_t>(engines, 1);
  std::size_t low = 1, high = n;
  if (element) {
    const auto each = std::max(*element, shortest);
    low = fill(least, each, n);
    high = fill(wanted, each, n);
  }
  const auto parts = engines * (element ? known_parts : unknown_parts);
  std::vector<std::size_t> starts;
  for (std::size_t first = 0; first < n;) {
    starts.push_back(first);
    const auto left = n - first;
    first += std::min(left, std::max(low, std::min(high, share(left, parts))));
  }
  starts.push_back(n);
  return starts;
}

} // namespace pactor::core
