#pragma once
// How much code is executed at once.

#include <cstddef>

namespace pactor::snippets {

/// Longer code is refused.
inline constexpr std::size_t longest_snippet = std::size_t{1} << 20;

} // namespace pactor::snippets
