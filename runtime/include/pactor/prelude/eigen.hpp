#pragma once
// Between ndarrays and Eigen, for code that includes Eigen itself. Not part of pactor/prelude.hpp.

#include "pactor/ndarray.hpp"

#include <Eigen/Core>

#include <string>
#include <utility>
#include <vector>

namespace pactor::prelude {

template <class T>
using eigen_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using eigen_vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// The elements of a matrix or vector where they lie; a vector is a column. Not of a temporary, whose elements would be
/// gone. @throws error{invalid_argument} beyond two dimensions
template <class T>
[[nodiscard]] Eigen::Map<const eigen_matrix<T>> as_eigen(const ndarray<T>& a) {
  if (a.rank() == 0 || a.rank() > 2)
    throw error{ec::invalid_argument, "an array of " + std::to_string(a.rank()) + " dimensions is no matrix"};
  const auto rows = static_cast<Eigen::Index>(a.shape()[0]);
  return {a.data(), rows, a.rank() == 2 ? static_cast<Eigen::Index>(a.shape()[1]) : 1};
}
template <class T>
[[nodiscard]] Eigen::Map<eigen_matrix<T>> as_eigen(ndarray<T>& a) {
  const auto shape = as_eigen(std::as_const(a));
  return {a.data(), shape.rows(), shape.cols()};
}
template <class T>
[[nodiscard]] Eigen::Map<eigen_vector<T>> as_eigen(std::vector<T>& v) {
  return {v.data(), static_cast<Eigen::Index>(v.size())};
}
template <class T>
[[nodiscard]] Eigen::Map<const eigen_vector<T>> as_eigen(const std::vector<T>& v) {
  return {v.data(), static_cast<Eigen::Index>(v.size())};
}
template <class T>
void as_eigen(const ndarray<T>&&) = delete;
template <class T>
void as_eigen(const std::vector<T>&&) = delete;

/// A copy of any Eigen matrix, vector or expression; vectors have one dimension.
template <class D>
[[nodiscard]] ndarray<typename D::Scalar> to_ndarray(const Eigen::MatrixBase<D>& m) {
  using T = typename D::Scalar;
  std::vector<std::size_t> shape{static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())};
  if constexpr (D::IsVectorAtCompileTime) shape = {static_cast<std::size_t>(m.size())};
  ndarray<T> out{std::move(shape)};
  Eigen::Map<eigen_matrix<T>>{out.data(), m.rows(), m.cols()} = m;
  return out;
}

} // namespace pactor::prelude
