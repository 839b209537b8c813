#pragma once
// Where states get the time from: the system, or in simulations one that they set.

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor {

using time_source = std::function<std::chrono::steady_clock::time_point()>;

/// The system's.
inline time_source steady_time() {
  return [] { return std::chrono::steady_clock::now(); };
}

/// What a state keeps of what is under way, by name: all 0 when everything has ended.
using table_sizes = std::vector<std::pair<std::string_view, std::size_t>>;

} // namespace pactor
