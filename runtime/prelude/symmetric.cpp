// Eigenvalues and eigenvectors of symmetric matrices.

#include "runtime/prelude/matrices.hpp"

#include <Eigen/Eigenvalues>

namespace pactor::prelude {

using namespace prelude_library;
using detail::doubles;

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

} // namespace pactor::prelude
