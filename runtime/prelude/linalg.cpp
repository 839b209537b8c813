#include "pactor/prelude/linalg.hpp"

#include "pactor/prelude/arrays.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <limits>
#include <string>

namespace pactor {

namespace {

using row_major = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using matrix_map = Eigen::Map<const row_major>;
using view = ndarray_view<double>;

[[noreturn]] void refuse(std::string_view what, const std::string& why) {
  throw error{ec::invalid_argument, std::string{what} + ": " + why};
}

Eigen::Index rows_of(const view& a) { return static_cast<Eigen::Index>(a.shape()[0]); }

matrix_map matrix_of(std::string_view what, const view& a) {
  detail::need_matrix(what, a.shape());
  return {a.data(), rows_of(a), static_cast<Eigen::Index>(a.shape()[1])};
}

matrix_map square(std::string_view what, const view& a) {
  const auto m = matrix_of(what, a);
  if (m.rows() != m.cols()) refuse(what, "the matrix is not square: " + detail::shape_name(a.shape()));
  return m;
}

/// For what would not end, or end in nonsense.
void need_finite(std::string_view what, const matrix_map& m) {
  if (!m.allFinite()) refuse(what, "the matrix has elements that are nan or infinite");
}

template <class Matrix>
ndarray<double> to_array(const Matrix& m) {
  ndarray<double> out{{static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())}};
  Eigen::Map<row_major>{out.data(), m.rows(), m.cols()} = m;
  return out;
}
template <class Vector>
std::vector<double> to_vector(const Vector& v) {
  return {v.data(), v.data() + v.size()};
}
template <class Matrix>
complex_array to_complex(const Matrix& m, std::vector<std::size_t> shape) {
  std::vector<std::complex<double>> out(static_cast<std::size_t>(m.size()));
  using target = Eigen::Matrix<std::complex<double>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<target>{out.data(), m.rows(), m.cols()} = m;
  return {std::move(shape), std::move(out)};
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

namespace detail {

ndarray<double> product(const doubles& a, const doubles& b) {
  const auto x = operand(a.view(), true), y = operand(b.view(), false);
  if (x.cols() != y.rows()) unequal_shapes("matmul", shape_name(a.view().shape()), shape_name(b.view().shape()));
  return to_array(row_major{x * y});
}

ndarray<double> solution(const doubles& a, const doubles& b) {
  const auto m = square("solve", a.view());
  const auto right =
      b.view().rank() == 1 ? matrix_map{b.view().data(), rows_of(b.view()), 1} : matrix_of("solve", b.view());
  if (m.rows() != right.rows()) unequal_shapes("solve", shape_name(a.view().shape()), shape_name(b.view().shape()));
  if (m.size() == 0) return to_array(right);
  return to_array(row_major{decompose("solve", m).solve(right)});
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

} // namespace detail

namespace prelude {

using pactor::detail::doubles;

complex_array eigvals(const doubles& a) {
  const auto m = square("eigvals", a.view());
  need_finite("eigvals", m);
  if (m.size() == 0) return {};
  const Eigen::EigenSolver<row_major> solver{m, false};
  if (solver.info() != Eigen::Success) refuse("eigvals", "the eigenvalues did not converge");
  return to_complex(solver.eigenvalues(), {a.view().shape()[0]});
}

eigen_system eig(const doubles& a) {
  const auto m = square("eig", a.view());
  need_finite("eig", m);
  if (m.size() == 0) return {{}, {{0, 0}, {}}};
  const Eigen::EigenSolver<row_major> solver{m};
  if (solver.info() != Eigen::Success) refuse("eig", "the eigenvalues did not converge");
  const auto n = a.view().shape()[0];
  return {to_complex(solver.eigenvalues(), {n}), to_complex(solver.eigenvectors(), {n, n})};
}

symmetric_eigen_system eigh(const doubles& a) {
  const auto m = square("eigh", a.view());
  need_finite("eigh", m);
  if (m.size() == 0) return {{}, ndarray<double>{{0, 0}}};
  const Eigen::SelfAdjointEigenSolver<row_major> solver{m};
  if (solver.info() != Eigen::Success) refuse("eigh", "the eigenvalues did not converge");
  return {to_vector(solver.eigenvalues()), to_array(solver.eigenvectors())};
}

std::vector<double> eigvalsh(const doubles& a) {
  const auto m = square("eigvalsh", a.view());
  need_finite("eigvalsh", m);
  if (m.size() == 0) return {};
  const Eigen::SelfAdjointEigenSolver<row_major> solver{m, Eigen::EigenvaluesOnly};
  if (solver.info() != Eigen::Success) refuse("eigvalsh", "the eigenvalues did not converge");
  return to_vector(solver.eigenvalues());
}

ndarray<double> inv(const doubles& a) {
  const auto m = square("inv", a.view());
  if (m.size() == 0) return to_array(m);
  return to_array(row_major{decompose("inv", m).inverse()});
}

double det(const doubles& a) {
  const auto m = square("det", a.view());
  return m.size() == 0 ? 1 : Eigen::PartialPivLU<row_major>{m}.determinant();
}

singular_values svd(const doubles& a) {
  const auto m = matrix_of("svd", a.view());
  need_finite("svd", m);
  if (m.size() == 0) refuse("svd", "the matrix has no elements");
  const Eigen::BDCSVD<Eigen::MatrixXd> solver{m, Eigen::ComputeThinU | Eigen::ComputeThinV};
  return {to_array(solver.matrixU()), to_vector(solver.singularValues()),
          to_array(Eigen::MatrixXd{solver.matrixV().transpose()})};
}

std::size_t matrix_rank(const doubles& a) {
  const auto m = matrix_of("matrix_rank", a.view());
  need_finite("matrix_rank", m);
  if (m.size() == 0) return 0;
  const Eigen::BDCSVD<Eigen::MatrixXd> solver{m};
  const auto& s = solver.singularValues();
  const auto smallest =
      s(0) * static_cast<double>(std::max(m.rows(), m.cols())) * std::numeric_limits<double>::epsilon();
  return static_cast<std::size_t>((s.array() > smallest).count());
}

double trace(const doubles& a) {
  const auto m = matrix_of("trace", a.view());
  return m.diagonal().sum();
}

} // namespace prelude
} // namespace pactor
