// Eigenvalues and eigenvectors.

#include "runtime/prelude/matrices.hpp"

#include <Eigen/Eigenvalues>

namespace pactor::prelude {

using namespace prelude_library;
using detail::doubles;

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

} // namespace pactor::prelude
