// Products and systems of linear equations.

#include "pactor/prelude/arrays.hpp"
#include "runtime/prelude/matrices.hpp"

#include <Eigen/LU>

namespace pactor {

using namespace prelude_library;

namespace prelude_library {

void refuse(std::string_view what, const std::string& why) {
  throw error{ec::invalid_argument, std::string{what} + ": " + why};
}

namespace {

Eigen::Index rows_of(const view& a) { return static_cast<Eigen::Index>(a.shape()[0]); }

} // namespace

matrix_map matrix_of(std::string_view what, const view& a) {
  detail::need_matrix(what, a.shape());
  return {a.data(), rows_of(a), static_cast<Eigen::Index>(a.shape()[1])};
}

matrix_map square(std::string_view what, const view& a) {
  const auto m = matrix_of(what, a);
  if (m.rows() != m.cols()) refuse(what, "the matrix is not square: " + detail::shape_name(a.shape()));
  return m;
}

void need_finite(std::string_view what, const matrix_map& m) {
  if (!m.allFinite()) refuse(what, "the matrix has elements that are nan or infinite");
}

namespace {

/// An array without the axes that vectors were given as operands.
ndarray<double> with_axes(const row_major& m, bool has_rows, bool has_columns) {
  auto out = to_array(m);
  if (has_rows && has_columns) return out;
  std::vector<std::size_t> shape;
  if (has_rows) shape.push_back(out.shape()[0]);
  if (has_columns) shape.push_back(out.shape()[1]);
  return {std::move(shape), {out.begin(), out.end()}};
}

/// Rows and columns of an operand: a vector is a row on the left and a column on the right.
matrix_map operand(const view& a, bool left) {
  if (a.rank() != 1) return matrix_of("matmul", a);
  return left ? matrix_map{a.data(), 1, rows_of(a)} : matrix_map{a.data(), rows_of(a), 1};
}

Eigen::PartialPivLU<row_major> decompose(std::string_view what, const matrix_map& m) {
  Eigen::PartialPivLU<row_major> lu{m};
  if ((lu.matrixLU().diagonal().array() == 0).any()) refuse(what, "the matrix is singular");
  return lu;
}

} // namespace
} // namespace prelude_library

namespace detail {

ndarray<double> product(const doubles& a, const doubles& b) {
  const auto x = operand(a.view(), true), y = operand(b.view(), false);
  if (x.cols() != y.rows()) unequal_shapes("matmul", shape_name(a.view().shape()), shape_name(b.view().shape()));
  return with_axes(row_major{x * y}, a.view().rank() != 1, b.view().rank() != 1);
}

ndarray<double> solution(const doubles& a, const doubles& b) {
  const auto m = square("solve", a.view());
  const auto right =
      b.view().rank() == 1 ? matrix_map{b.view().data(), rows_of(b.view()), 1} : matrix_of("solve", b.view());
  if (m.rows() != right.rows()) unequal_shapes("solve", shape_name(a.view().shape()), shape_name(b.view().shape()));
  const bool has_columns = b.view().rank() != 1;
  if (m.size() == 0) return with_axes(right, true, has_columns);
  return with_axes(row_major{decompose("solve", m).solve(right)}, true, has_columns);
}

double inner_product(const doubles& a, const doubles& b) {
  const auto x = a.view().values(), y = b.view().values();
  if (x.size() != y.size()) unequal_shapes("dot", std::to_string(x.size()), std::to_string(y.size()));
  using vector_map = Eigen::Map<const Eigen::VectorXd>;
  return vector_map{x.data(), static_cast<Eigen::Index>(x.size())}.dot(
      vector_map{y.data(), static_cast<Eigen::Index>(y.size())});
}

double euclidean_norm(const doubles& a) {
  const auto x = a.view().values();
  const auto n = static_cast<Eigen::Index>(x.size());
  return n == 0 ? 0 : Eigen::Map<const Eigen::VectorXd>{x.data(), n}.stableNorm();
}

std::vector<double> as_vector(const ndarray<double>& a) { return {a.begin(), a.end()}; }

} // namespace detail

namespace prelude {

using pactor::detail::doubles;

ndarray<double> inv(const doubles& a) {
  const auto m = square("inv", a.view());
  if (m.size() == 0) return to_array(m);
  return to_array(row_major{decompose("inv", m).inverse()});
}

double det(const doubles& a) {
  const auto m = square("det", a.view());
  return m.size() == 0 ? 1 : Eigen::PartialPivLU<row_major>{m}.determinant();
}

double trace(const doubles& a) {
  const auto m = matrix_of("trace", a.view());
  return m.diagonal().sum();
}

} // namespace prelude
} // namespace pactor
