#pragma once
// The functions by the names that numpy's users write: numpy.random.rand(2, 2), np.sin(x), pylab.plot(x, y).

#include "pactor/prelude/arithmetic.hpp"
#include "pactor/prelude/arrays.hpp"
#include "pactor/prelude/linalg.hpp"
#include "pactor/prelude/plot.hpp"
#include "pactor/prelude/reductions.hpp"

namespace pactor::detail {

#define PACTOR_AS(other, name)                                                                                         \
  template <class... A>                                                                                                \
  auto other(A&&... a) const {                                                                                         \
    return pactor::prelude::name(std::forward<A>(a)...);                                                               \
  }
#define PACTOR_SAME(name) PACTOR_AS(name, name)

struct numpy_random {
  PACTOR_SAME(rand)
  PACTOR_SAME(randn)
  PACTOR_SAME(randint) PACTOR_SAME(seed) PACTOR_SAME(uniform) PACTOR_SAME(normal) PACTOR_AS(permutation, shuffled)
};
struct numpy_linalg {
  PACTOR_SAME(eigvals)
  PACTOR_SAME(eig)
  PACTOR_SAME(eigvalsh) PACTOR_SAME(eigh) PACTOR_SAME(inv) PACTOR_SAME(det) PACTOR_SAME(solve) PACTOR_SAME(svd)
      PACTOR_SAME(norm) PACTOR_SAME(matrix_rank)
};
struct numpy_names {
  numpy_random random;
  numpy_linalg linalg;
  double pi = pactor::prelude::pi, nan = std::numeric_limits<double>::quiet_NaN(), inf = pactor::prelude::inf;

  PACTOR_SAME(sum)
  PACTOR_SAME(prod)
  PACTOR_SAME(mean) PACTOR_SAME(var) PACTOR_AS(std, stddev) PACTOR_SAME(median) PACTOR_SAME(min) PACTOR_SAME(max)
      PACTOR_SAME(argmin) PACTOR_SAME(argmax) PACTOR_SAME(cumsum) PACTOR_SAME(diff) PACTOR_SAME(sort) PACTOR_SAME(
          unique) PACTOR_SAME(any) PACTOR_SAME(all) PACTOR_AS(count_nonzero, count) PACTOR_AS(flatnonzero, where)
          PACTOR_SAME(where) PACTOR_SAME(dot) PACTOR_SAME(matmul) PACTOR_SAME(trace) PACTOR_SAME(linspace)
              PACTOR_SAME(arange) PACTOR_SAME(zeros) PACTOR_SAME(ones) PACTOR_SAME(eye) PACTOR_SAME(full)
                  PACTOR_SAME(reshape) PACTOR_SAME(transpose) PACTOR_SAME(concatenate) PACTOR_SAME(maximum)
                      PACTOR_SAME(minimum) PACTOR_SAME(sin) PACTOR_SAME(cos) PACTOR_SAME(tan) PACTOR_AS(arcsin, asin)
                          PACTOR_AS(arccos, acos) PACTOR_AS(arctan, atan) PACTOR_SAME(sinh) PACTOR_SAME(cosh)
                              PACTOR_SAME(tanh) PACTOR_SAME(exp) PACTOR_SAME(log) PACTOR_SAME(log2) PACTOR_SAME(log10)
                                  PACTOR_SAME(sqrt) PACTOR_SAME(abs) PACTOR_AS(power, pow) PACTOR_SAME(floor)
                                      PACTOR_SAME(ceil) PACTOR_SAME(round) PACTOR_SAME(isnan) PACTOR_SAME(isfinite)
                                          PACTOR_SAME(real) PACTOR_SAME(imag)
                                              [[nodiscard]] auto array(std::initializer_list<double> elements) const {
    return std::vector<double>{elements};
  }
  [[nodiscard]] auto array(std::initializer_list<std::initializer_list<double>> rows) const {
    return pactor::prelude::matrix(rows);
  }
};
struct pylab_names {
  PACTOR_SAME(plot) PACTOR_AS(scatter, scatter_plot) PACTOR_SAME(bar) PACTOR_SAME(hist)
};

#undef PACTOR_SAME
#undef PACTOR_AS

} // namespace pactor::detail

namespace pactor::prelude {

inline constexpr pactor::detail::numpy_names numpy{}, np{};
inline constexpr pactor::detail::pylab_names pylab{}, plt{};

} // namespace pactor::prelude
