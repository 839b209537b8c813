#pragma once
// Eigen's sight of our arrays, and what the functions of matrices say when these don't fit.

#include "pactor/prelude/linalg.hpp"

#include <Eigen/Core>

#include <complex>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::prelude_library {

using row_major = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using matrix_map = Eigen::Map<const row_major>;
using view = ndarray_view<double>;

[[noreturn]] void refuse(std::string_view what, const std::string& why);

/// @throws error{invalid_argument} unless it has two dimensions
[[nodiscard]] matrix_map matrix_of(std::string_view what, const view& a);
/// @throws error{invalid_argument} unless it has two dimensions of one length
[[nodiscard]] matrix_map square(std::string_view what, const view& a);
/// For what would not end, or end in nonsense. @throws error{invalid_argument} if there are nan or infinite elements
void need_finite(std::string_view what, const matrix_map& m);

template <class Matrix>
[[nodiscard]] ndarray<double> to_array(const Matrix& m) {
  ndarray<double> out{{static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())}};
  Eigen::Map<row_major>{out.data(), m.rows(), m.cols()} = m;
  return out;
}
template <class Vector>
[[nodiscard]] std::vector<double> to_vector(const Vector& v) {
  return {v.data(), v.data() + v.size()};
}
template <class Matrix>
[[nodiscard]] complex_array to_complex(const Matrix& m, std::vector<std::size_t> shape) {
  std::vector<std::complex<double>> out(static_cast<std::size_t>(m.size()));
  using target = Eigen::Matrix<std::complex<double>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<target>{out.data(), m.rows(), m.cols()} = m;
  return {std::move(shape), std::move(out)};
}

} // namespace pactor::prelude_library
