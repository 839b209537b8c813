#pragma once
// Arrays of any rank as text, in numpy's manner.

#include "pactor/detail/dtype.hpp"

#include <complex>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pactor::prelude_library {

/// How an array's text is put together.
struct array_layout {
  std::string_view head, separator, tail; ///< `array(`, `,`, `)`; all empty for print()
  std::size_t column = 0;                 ///< where the text begins in its line
};

/// Rows of aligned numbers. Of arrays with more than detail::shown_in_full elements only the ends of each axis are
/// shown, and the shape is told.
[[nodiscard]] std::string array_text(dtype type, const void* data, std::span<const std::size_t> shape,
                                     const array_layout& layout);
[[nodiscard]] std::string array_text(const std::complex<double>* data, std::span<const std::size_t> shape,
                                     const array_layout& layout);

} // namespace pactor::prelude_library
