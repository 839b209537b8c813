// Singular values.

#include "runtime/prelude/matrices.hpp"

#include <Eigen/SVD>

#include <algorithm>
#include <limits>

namespace pactor::prelude {

using namespace prelude_library;
using detail::doubles;

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

} // namespace pactor::prelude
