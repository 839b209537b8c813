#pragma once
// How a sequence is divided among engines.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pactor::core {

/// The elements first, first + step, ... of a sequence, `size` of them.
struct part {
  std::size_t first = 0;
  std::size_t size = 0;
  std::size_t step = 1;

  friend bool operator==(const part&, const part&) = default;
};

/// Contiguous parts of n elements, the first n % parts of them one longer: 7 in 4 is 2, 2, 2, 1. With more parts than
/// elements the last ones are empty.
/// @return `parts` of them
[[nodiscard]] inline std::vector<part> partition(std::size_t n, std::size_t parts) {
  std::vector<part> result(parts);
  std::size_t first = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    result[i] = {first, n / parts + (i < n % parts ? 1U : 0U)};
    first += result[i].size;
  }
  return result;
}

/// Parts that take turns: part i has the elements i, i + parts, ... Sizes as of partition().
[[nodiscard]] inline std::vector<part> round_robin(std::size_t n, std::size_t parts) {
  auto result = partition(n, parts);
  for (std::size_t i = 0; i < parts; ++i) {
    result[i].first = std::min(i, n);
    result[i].step = parts;
  }
  return result;
}

} // namespace pactor::core
