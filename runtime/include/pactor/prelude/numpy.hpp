#pragma once
// The functions by the names that numpy's users write: numpy.random.rand(2, 2), np.sin(x), pylab.plot(x, y).

#include "pactor/prelude/arithmetic.hpp"
#include "pactor/prelude/arrays.hpp"
#include "pactor/prelude/linalg.hpp"
#include "pactor/prelude/plot.hpp"
#include "pactor/prelude/reductions.hpp"

namespace pactor::detail {

// What is given in braces has no type, so functions that take such arguments are written out.
#define PACTOR_AS(other, name)                                                                                         \
  template <class... A>                                                                                                \
  auto other(A&&... a) const {                                                                                         \
    return pactor::prelude::name(std::forward<A>(a)...);                                                               \
  }                                                                                                                    \
  static_assert(true)
#define PACTOR_SAME(name) PACTOR_AS(name, name)

struct numpy_random {
  PACTOR_SAME(rand);
  PACTOR_SAME(randn);
  PACTOR_SAME(randint);
  PACTOR_SAME(seed);
  PACTOR_SAME(uniform);
  PACTOR_SAME(normal);
  PACTOR_AS(permutation, shuffled);
};
struct numpy_linalg {
  PACTOR_SAME(eigvals);
  PACTOR_SAME(eig);
  PACTOR_SAME(eigvalsh);
  PACTOR_SAME(eigh);
  PACTOR_SAME(inv);
  PACTOR_SAME(det);
  PACTOR_SAME(solve);
  PACTOR_SAME(svd);
  PACTOR_SAME(norm);
  PACTOR_SAME(matrix_rank);
};
struct numpy_names {
  numpy_random random;
  numpy_linalg linalg;
  double pi = pactor::prelude::pi, nan = std::numeric_limits<double>::quiet_NaN(), inf = pactor::prelude::inf;

  PACTOR_SAME(sum);
  PACTOR_SAME(prod);
  PACTOR_SAME(mean);
  PACTOR_SAME(var);
  PACTOR_AS(std, stddev);
  PACTOR_SAME(median);
  PACTOR_SAME(min);
  PACTOR_SAME(max);
  PACTOR_SAME(argmin);
  PACTOR_SAME(argmax);
  PACTOR_SAME(cumsum);
  PACTOR_SAME(diff);
  PACTOR_SAME(sort);
  PACTOR_SAME(unique);
  PACTOR_SAME(any);
  PACTOR_SAME(all);
  PACTOR_AS(count_nonzero, count);
  PACTOR_AS(flatnonzero, where);
  PACTOR_SAME(where);
  PACTOR_SAME(dot);
  PACTOR_SAME(matmul);
  PACTOR_SAME(trace);
  PACTOR_SAME(linspace);
  PACTOR_SAME(arange);
  PACTOR_SAME(zeros);
  PACTOR_SAME(ones);
  PACTOR_SAME(eye);
  PACTOR_SAME(full);
  PACTOR_SAME(reshape);
  PACTOR_SAME(transpose);
  PACTOR_SAME(concatenate);
  PACTOR_SAME(maximum);
  PACTOR_SAME(minimum);
  PACTOR_SAME(equal);
  PACTOR_SAME(sin);
  PACTOR_SAME(cos);
  PACTOR_SAME(tan);
  PACTOR_AS(arcsin, asin);
  PACTOR_AS(arccos, acos);
  PACTOR_AS(arctan, atan);
  PACTOR_AS(arctan2, atan2);
  PACTOR_SAME(sinh);
  PACTOR_SAME(cosh);
  PACTOR_SAME(tanh);
  PACTOR_SAME(exp);
  PACTOR_SAME(exp2);
  PACTOR_SAME(expm1);
  PACTOR_SAME(log);
  PACTOR_SAME(log2);
  PACTOR_SAME(log10);
  PACTOR_SAME(log1p);
  PACTOR_SAME(sqrt);
  PACTOR_SAME(cbrt);
  PACTOR_SAME(abs);
  PACTOR_AS(power, pow);
  PACTOR_SAME(hypot);
  PACTOR_SAME(fmod);
  PACTOR_SAME(floor);
  PACTOR_SAME(ceil);
  PACTOR_SAME(round);
  PACTOR_SAME(trunc);
  PACTOR_SAME(isnan);
  PACTOR_SAME(isfinite);
  PACTOR_SAME(real);
  PACTOR_SAME(imag);

  template <numeric T>
  [[nodiscard]] ndarray<T> full(std::vector<std::size_t> shape, T v) const {
    return pactor::prelude::full(std::move(shape), v);
  }
  [[nodiscard]] auto array(std::initializer_list<double> elements) const { return std::vector<double>{elements}; }
  [[nodiscard]] auto array(std::initializer_list<std::initializer_list<double>> rows) const {
    return pactor::prelude::matrix(rows);
  }
};

#undef PACTOR_SAME
#undef PACTOR_AS

struct pylab_names {
  using options = pactor::prelude::plot_options;

  template <array_like X, array_like Y>
  void plot(const X& x, const Y& y, const options& o = {}) const {
    pactor::prelude::plot(x, y, o);
  }
  template <array_like Y>
  void plot(const Y& y, const options& o = {}) const {
    pactor::prelude::plot(y, o);
  }
  void plot(std::vector<pactor::prelude::series> lines, const options& o = {}) const {
    pactor::prelude::plot(std::move(lines), o);
  }
  template <array_like X, array_like Y>
  void scatter(const X& x, const Y& y, const options& o = {}) const {
    pactor::prelude::scatter_plot(x, y, o);
  }
  template <array_like X, array_like Y>
  void bar(const X& x, const Y& heights, const options& o = {}) const {
    pactor::prelude::bar(x, heights, o);
  }
  void bar(std::vector<std::string> names, std::vector<double> heights, const options& o = {}) const {
    pactor::prelude::bar(std::move(names), std::move(heights), o);
  }
  template <array_like R>
  void hist(const R& numbers, const options& o = {}) const {
    pactor::prelude::hist(numbers, o);
  }
};

} // namespace pactor::detail

namespace pactor::prelude {

inline constexpr pactor::detail::numpy_names numpy{}, np{};
inline constexpr pactor::detail::pylab_names pylab{}, plt{};

} // namespace pactor::prelude
