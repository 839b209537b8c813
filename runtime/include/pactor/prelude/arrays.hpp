#pragma once
// Making arrays, and taking parts of them.

#include "pactor/prelude/array_like.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace pactor::detail {

PACTOR_PRELUDE_API void fill_uniform(double* out, std::size_t n) noexcept;
PACTOR_PRELUDE_API void fill_normal(double* out, std::size_t n) noexcept;
/// Numbers from `low` up to and without `high`. @throws error{invalid_argument} if there are none
PACTOR_PRELUDE_API void fill_integers(std::int64_t* out, std::size_t n, std::int64_t low, std::int64_t high);
PACTOR_PRELUDE_API void seed_random(std::uint64_t seed) noexcept;
/// from, from + step, ... before `to`. @throws error{invalid_argument, too_large}
[[nodiscard]] PACTOR_PRELUDE_API std::vector<double> numbers_between(double from, double to, double step);
[[nodiscard]] PACTOR_PRELUDE_API std::vector<std::int64_t> integers_between(std::int64_t from, std::int64_t to,
                                                                            std::int64_t step);
[[noreturn]] PACTOR_PRELUDE_API void negative_size(std::int64_t n);

template <std::integral N>
std::size_t checked_size_of(N n) {
  if constexpr (std::is_signed_v<N>)
    if (n < 0) negative_size(n);
  return static_cast<std::size_t>(n);
}

/// One size makes a vector, several an ndarray.
template <class T, class Fill, class... N>
auto make_array(Fill&& fill, N... sizes) {
  if constexpr (sizeof...(N) == 1 && numeric<T>) {
    std::vector<T> out((checked_size_of(sizes), ...));
    fill(out.data(), out.size());
    return out;
  } else {
    ndarray<T> out{std::vector<std::size_t>{checked_size_of(sizes)...}};
    fill(out.data(), out.size());
    return out;
  }
}
template <class... N>
concept sizes = sizeof...(N) > 0 && (std::integral<N> && ...);

/// A part of n elements as Python means it: negative places count from the end.
struct slice_plan {
  std::int64_t first, step;
  std::size_t count;
};
[[nodiscard]] PACTOR_PRELUDE_API slice_plan plan_slice(std::size_t n, std::optional<std::int64_t> start,
                                                       std::optional<std::int64_t> stop, std::int64_t step);
[[nodiscard]] PACTOR_PRELUDE_API std::vector<std::size_t> checked_shape(std::size_t count,
                                                                        std::span<const std::int64_t> wanted);
[[nodiscard]] PACTOR_PRELUDE_API std::size_t checked_index(std::int64_t i, std::size_t n, std::string_view what);
/// @throws error{invalid_argument} unless the array has two dimensions
PACTOR_PRELUDE_API void need_matrix(std::string_view what, std::span<const std::size_t> shape);

} // namespace pactor::detail

namespace pactor::prelude {

inline constexpr double pi = 3.141592653589793238462643383279502884;
inline constexpr double inf = std::numeric_limits<double>::infinity();
/// Stands for an end that is left open in slice().
inline constexpr std::nullopt_t none = std::nullopt;

/// n evenly spaced numbers from a to b, both included.
[[nodiscard]] PACTOR_PRELUDE_API std::vector<double> linspace(double a, double b, std::int64_t n = 50);

/// from, from + step, ... before `to`: int64 if all are integers, else double.
/// @throws error{invalid_argument} if the step is 0
template <pactor::detail::scalar A, pactor::detail::scalar B, pactor::detail::scalar C = int>
[[nodiscard]] auto arange(A from, B to, C step = C{1}) {
  constexpr bool integers = std::integral<A> && std::integral<B> && std::integral<C>;
  if constexpr (integers)
    return pactor::detail::integers_between(pactor::detail::as_int64(from), pactor::detail::as_int64(to),
                                            pactor::detail::as_int64(step));
  else
    return pactor::detail::numbers_between(static_cast<double>(from), static_cast<double>(to),
                                           static_cast<double>(step));
}

/// 0, 1, ... below `to`: int64, or double of a double.
template <pactor::detail::scalar T>
[[nodiscard]] auto arange(T to) {
  return arange(T{}, to, T{1});
}

/// Zeros, ones, or a value: zeros(3) is a vector<double>, zeros(2, 3) an ndarray<double>, zeros<int>(3) has ints.
template <class T = double, class... N>
requires pactor::detail::sizes<N...>
[[nodiscard]] auto zeros(N... n) {
  return pactor::detail::make_array<T>([](T*, std::size_t) {}, n...);
}
template <class T = double, class... N>
requires pactor::detail::sizes<N...>
[[nodiscard]] auto ones(N... n) {
  return pactor::detail::make_array<T>([](T* out, std::size_t size) { std::fill_n(out, size, T{1}); }, n...);
}
/// An ndarray of this shape: full({2, 3}, 7.0).
template <numeric T>
[[nodiscard]] ndarray<T> full(std::vector<std::size_t> shape, T v) {
  ndarray<T> out{std::move(shape)};
  std::ranges::fill(out.values(), v);
  return out;
}
template <std::integral N, numeric T>
[[nodiscard]] std::vector<T> full(N n, T v) {
  return std::vector<T>(pactor::detail::checked_size_of(n), v);
}
/// The n x n matrix with ones on its diagonal.
template <class T = double>
[[nodiscard]] ndarray<T> eye(std::int64_t n) {
  const auto size = pactor::detail::checked_size_of(n);
  ndarray<T> out{{size, size}};
  for (std::size_t i = 0; i < size; ++i) out(i, i) = T{1};
  return out;
}
/// A matrix from its rows: matrix({{1, 2}, {3, 4}}). @throws error{invalid_argument} if they are of unequal length
[[nodiscard]] PACTOR_PRELUDE_API ndarray<double> matrix(std::initializer_list<std::initializer_list<double>> rows);

/// Random numbers. Every engine has a stream of its own unless it is seeded.
/// Evenly distributed from 0 to below 1: rand(3) is a vector, rand(2, 2) an ndarray. (rand() is C's.)
template <class... N>
requires pactor::detail::sizes<N...>
[[nodiscard]] auto rand(N... n) { return pactor::detail::make_array<double>(pactor::detail::fill_uniform, n...); }
/// Normally distributed with mean 0 and variance 1.
template <class... N>
requires pactor::detail::sizes<N...>
[[nodiscard]] auto randn(N... n) { return pactor::detail::make_array<double>(pactor::detail::fill_normal, n...); }
/// Integers from `low` up to and without `high`: one, or an array of these sizes.
template <class... N>
requires(std::integral<N>&&...) [[nodiscard]] auto randint(std::int64_t low, std::int64_t high, N... n) {
  const auto fill = [low, high](std::int64_t* out, std::size_t size) {
    pactor::detail::fill_integers(out, size, low, high);
  };
  if constexpr (sizeof...(N) == 0) {
    std::int64_t one = 0;
    fill(&one, 1);
    return one;
  } else {
    return pactor::detail::make_array<std::int64_t>(fill, n...);
  }
}
/// One number from a to below b.
[[nodiscard]] inline double uniform(double a = 0, double b = 1) {
  double v = 0;
  pactor::detail::fill_uniform(&v, 1);
  return a + v * (b - a);
}
/// One number of a normal distribution.
[[nodiscard]] inline double normal(double middle = 0, double deviation = 1) {
  double v = 0;
  pactor::detail::fill_normal(&v, 1);
  return middle + v * deviation;
}
/// The same seed gives the same numbers, on every engine: seed(1 + engine()) gives each its own. Of this thread.
inline void seed(std::uint64_t s) noexcept { pactor::detail::seed_random(s); }
/// The elements in random order.
template <pactor::detail::array_like R>
[[nodiscard]] auto shuffled(const R& r) {
  std::vector<pactor::detail::element_of<R>> out(std::ranges::begin(r), std::ranges::end(r));
  for (std::size_t i = out.size(); i > 1; --i) {
    const auto j = static_cast<std::size_t>(randint(0, static_cast<std::int64_t>(i)));
    const auto v = out[i - 1];
    out[i - 1] = out[j];
    out[j] = v;
  }
  return out;
}

/// Elements start, start + step, ... before stop, as Python's [start:stop:step]: negative places count from the end,
/// `none` is an open end. Of an array with a shape along its first axis. A copy.
template <pactor::detail::array_like R>
[[nodiscard]] auto slice(const R& r, std::optional<std::int64_t> start, std::optional<std::int64_t> stop = none,
                         std::int64_t step = 1) {
  using T = pactor::detail::element_of<R>;
  if constexpr (pactor::detail::shaped_like<R>) {
    std::vector<std::size_t> shape(r.shape().begin(), r.shape().end());
    if (shape.empty()) pactor::detail::need_matrix("slice", shape);
    const auto plan = pactor::detail::plan_slice(shape[0], start, stop, step);
    const auto row = shape[0] > 0 ? r.size() / shape[0] : 0;
    shape[0] = plan.count;
    ndarray<T> out{std::move(shape)};
    for (std::size_t i = 0; i < plan.count; ++i)
      std::copy_n(r.data() + static_cast<std::size_t>(plan.first + static_cast<std::int64_t>(i) * plan.step) * row, row,
                  out.data() + i * row);
    return out;
  } else {
    const std::vector<T> whole(std::ranges::begin(r), std::ranges::end(r));
    const auto plan = pactor::detail::plan_slice(whole.size(), start, stop, step);
    std::vector<T> out(plan.count);
    for (std::size_t i = 0; i < plan.count; ++i)
      out[i] = whole[static_cast<std::size_t>(plan.first + static_cast<std::int64_t>(i) * plan.step)];
    return out;
  }
}

/// One row or column of a matrix; negative places count from the end. @throws error{invalid_argument}
template <class T>
[[nodiscard]] std::vector<T> row(const ndarray<T>& a, std::int64_t i) {
  pactor::detail::need_matrix("row", a.shape());
  const auto n = a.shape()[1], at = pactor::detail::checked_index(i, a.shape()[0], "row") * n;
  return {a.data() + at, a.data() + at + n};
}
template <class T>
[[nodiscard]] std::vector<T> column(const ndarray<T>& a, std::int64_t j) {
  pactor::detail::need_matrix("column", a.shape());
  const auto n = a.shape()[1], at = pactor::detail::checked_index(j, n, "column");
  std::vector<T> out(a.shape()[0]);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a.data()[i * n + at];
  return out;
}

/// The same elements in another shape; one size may be -1, which is what is left.
/// @throws error{invalid_argument} if the numbers of elements differ
template <pactor::detail::array_like R, std::integral... N>
[[nodiscard]] auto reshape(const R& r, N... sizes) {
  using T = pactor::detail::element_of<R>;
  std::vector<T> elements(std::ranges::begin(r), std::ranges::end(r));
  const std::int64_t wanted[] = {static_cast<std::int64_t>(sizes)...};
  auto shape = pactor::detail::checked_shape(elements.size(), wanted);
  return ndarray<T>{std::move(shape), std::move(elements)};
}
/// The elements in the order of memory.
template <pactor::detail::array_like R>
[[nodiscard]] auto flatten(const R& r) {
  return std::vector<pactor::detail::element_of<R>>(std::ranges::begin(r), std::ranges::end(r));
}
/// Rows as columns. @throws error{invalid_argument} unless it has two dimensions
template <class T>
[[nodiscard]] ndarray<T> transpose(const ndarray<T>& a) {
  pactor::detail::need_matrix("transpose", a.shape());
  const auto rows = a.shape()[0], columns = a.shape()[1];
  ndarray<T> out{{columns, rows}};
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) out(j, i) = a(i, j);
  return out;
}
/// One behind the other.
template <pactor::detail::array_like A, pactor::detail::array_like... B>
[[nodiscard]] auto concatenate(const A& first, const B&... others) {
  using T = std::common_type_t<pactor::detail::element_of<A>, pactor::detail::element_of<B>...>;
  std::vector<T> out;
  const auto add = [&out](const auto& r) {
    for (const auto v : r) out.push_back(static_cast<T>(v));
  };
  add(first);
  (add(others), ...);
  return out;
}

/// Where the elements are not zero: their places in the order of memory. numpy's flatnonzero().
template <pactor::detail::array_like M>
[[nodiscard]] std::vector<std::int64_t> where(const M& mask) {
  std::vector<std::int64_t> out;
  std::int64_t i = 0;
  for (const auto v : mask) {
    if (v != decltype(v){}) out.push_back(i);
    ++i;
  }
  return out;
}
/// Of each pair the first where the mask is not zero, else the second; either may be one number.
template <pactor::detail::array_like M, pactor::detail::array_or_scalar A, pactor::detail::array_or_scalar B>
[[nodiscard]] auto where(const M& mask, const A& a, const B& b) {
  using T = std::common_type_t<pactor::detail::element_type_t<A>, pactor::detail::element_type_t<B>>;
  // The mask's shape is checked against each.
  const auto chosen = pactor::detail::pairwise("where", mask, a, [](auto, auto x) { return static_cast<T>(x); });
  const auto other = pactor::detail::pairwise("where", mask, b, [](auto, auto x) { return static_cast<T>(x); });
  std::vector<T> out;
  auto x = chosen.begin();
  auto y = other.begin();
  for (const auto m : mask) {
    out.push_back(static_cast<T>(m != decltype(m){} ? *x : *y));
    ++x;
    ++y;
  }
  return pactor::detail::like(mask, std::move(out));
}
/// The elements where the mask is not zero: numpy's x[mask]. @throws error{invalid_argument} if the shapes differ
template <pactor::detail::array_like R, pactor::detail::array_like M>
[[nodiscard]] auto select(const R& r, const M& mask) {
  pactor::detail::need_same_shape("select", r, mask);
  std::vector<pactor::detail::element_of<R>> out;
  auto m = std::ranges::begin(mask);
  for (const auto v : r)
    if (*m++ != 0) out.push_back(v);
  return out;
}

} // namespace pactor::prelude
