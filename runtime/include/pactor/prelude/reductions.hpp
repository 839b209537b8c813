#pragma once
// Numbers of arrays: sums, extremes, statistics; and arrays in order.

#include "pactor/prelude/array_like.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>

namespace pactor::detail {

/// What a sum of these is kept in: 64 bits wide, so that it does not overflow soon.
template <class T>
using sum_of = std::conditional_t<
    std::is_floating_point_v<T>, std::conditional_t<(sizeof(T) > 8), T, double>,
    std::conditional_t<std::is_unsigned_v<T> && !std::is_same_v<T, bool>, std::uint64_t, std::int64_t>>;

/// Adds in pairs, so that rounding errors stay small.
[[nodiscard]] PACTOR_PRELUDE_API double sum_doubles(const double* data, std::size_t n) noexcept;

template <class R>
concept contiguous_doubles =
    std::ranges::contiguous_range<const R> && std::ranges::sized_range<const R> && std::same_as < element_of<R>,
double > ;

template <class R>
void need_elements(std::string_view what, const R& r) {
  if (std::ranges::begin(r) == std::ranges::end(r)) of_nothing(what);
}

template <class T>
struct extreme_element {
  T value;
  std::size_t place;
};
/// The element that no other one is `before`, and the first of those; of nan see displaces().
template <class R, class Before>
auto extreme(std::string_view what, const R& r, Before before) {
  using T = element_of<R>;
  need_elements(what, r);
  extreme_element<T> best{static_cast<T>(*std::ranges::begin(r)), 0};
  std::size_t place = 0;
  for (const auto element : r) {
    if (const auto v = static_cast<T>(element); displaces(v, best.value, before)) best = {v, place};
    ++place;
  }
  return best;
}

/// The sum of integers, which can't overflow. __int128 is no type of the standard.
template <class R>
double exact_sum(const R& r) {
  __extension__ typedef __int128 wide;
  wide total = 0;
  for (const auto v : r) total += static_cast<wide>(v);
  return static_cast<double>(total);
}

/// f of every row of numbers along an axis: an array of one rank less. @throws error{invalid_argument}
template <class T, class F>
auto along(const ndarray<T>& a, std::size_t axis, F&& f) {
  if (axis >= a.rank())
    throw error{ec::invalid_argument,
                "axis " + std::to_string(axis) + " of an array of " + std::to_string(a.rank()) + " dimensions"};
  using U = std::remove_cvref_t<decltype(f(std::declval<const std::vector<T>&>()))>;
  std::vector<std::size_t> shape(a.shape().begin(), a.shape().end());
  const auto n = shape[axis];
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  std::vector<U> out;
  out.reserve(outer * inner);
  std::vector<T> row(n);
  for (std::size_t i = 0; i < outer; ++i)
    for (std::size_t j = 0; j < inner; ++j) {
      for (std::size_t k = 0; k < n; ++k) row[k] = a.data()[(i * n + k) * inner + j];
      out.push_back(f(row));
    }
  return ndarray<U>{std::move(shape), std::move(out)};
}

} // namespace pactor::detail

namespace pactor::prelude {

/// The sum, kept in 64 bits: int64 of integers and bools, uint64 of unsigned ones, double of floating ones.
template <pactor::detail::array_like R>
[[nodiscard]] auto sum(const R& r) {
  if constexpr (pactor::detail::contiguous_doubles<R>) {
    return pactor::detail::sum_doubles(std::ranges::data(r), std::ranges::size(r));
  } else {
    using total_type = pactor::detail::sum_of<pactor::detail::element_of<R>>;
    total_type total{};
    for (const auto v : r) total += static_cast<total_type>(v);
    return total;
  }
}
template <pactor::detail::complex_like R>
[[nodiscard]] auto sum(const R& r) {
  return std::accumulate(std::ranges::begin(r), std::ranges::end(r), pactor::detail::element_of<R>{});
}
template <pactor::detail::array_like R>
[[nodiscard]] auto prod(const R& r) {
  using total_type = pactor::detail::sum_of<pactor::detail::element_of<R>>;
  total_type total{1};
  for (const auto v : r) total *= static_cast<total_type>(v);
  return total;
}

/// The mean as a double. @throws error{invalid_argument} if there are no elements
template <pactor::detail::array_like R>
[[nodiscard]] double mean(const R& r) {
  pactor::detail::need_elements("mean", r);
  const auto n = static_cast<double>(pactor::detail::length(r));
  if constexpr (std::integral<pactor::detail::element_of<R>>)
    return pactor::detail::exact_sum(r) / n;
  else
    return static_cast<double>(sum(r)) / n;
}
template <pactor::detail::complex_like R>
[[nodiscard]] auto mean(const R& r) {
  pactor::detail::need_elements("mean", r);
  return sum(r) / static_cast<typename pactor::detail::element_of<R>::value_type>(pactor::detail::length(r));
}

/// The variance: squares divided by n - ddof. @throws error{invalid_argument} if there are no more elements than ddof
template <pactor::detail::array_like R>
[[nodiscard]] double var(const R& r, std::size_t ddof = 0) {
  const auto n = pactor::detail::length(r);
  if (n <= ddof) pactor::detail::of_nothing("var");
  const auto middle = mean(r);
  double squares = 0;
  for (const auto v : r) squares += (static_cast<double>(v) - middle) * (static_cast<double>(v) - middle);
  return squares / static_cast<double>(n - ddof);
}
/// The standard deviation: numpy's std().
template <pactor::detail::array_like R>
[[nodiscard]] double stddev(const R& r, std::size_t ddof = 0) {
  return std::sqrt(var(r, ddof));
}

using std::max;
using std::min;
/// The least element; nan if there is one. @throws error{invalid_argument} if there are no elements
template <pactor::detail::array_like R>
[[nodiscard]] auto min(const R& r) {
  return pactor::detail::extreme("min", r, std::less<>{}).value;
}
/// The greatest element; nan if there is one. @throws error{invalid_argument} if there are no elements
template <pactor::detail::array_like R>
[[nodiscard]] auto max(const R& r) {
  return pactor::detail::extreme("max", r, std::greater<>{}).value;
}
/// Of two numbers of different types, whatever their signs; nan if one is. Of one type std::max and std::min are used.
template <pactor::detail::scalar A, pactor::detail::scalar B>
requires(!std::same_as<A, B>) [[nodiscard]] auto max(A a, B b) { return pactor::detail::greatest_of(a, b); }
template <pactor::detail::scalar A, pactor::detail::scalar B>
requires(!std::same_as<A, B>) [[nodiscard]] auto min(A a, B b) { return pactor::detail::least_of(a, b); }

/// Where the first of the least elements stands, in the order of memory; the first that is nan if there is one.
/// @throws error{invalid_argument} if there are no elements
template <pactor::detail::array_like R>
[[nodiscard]] std::size_t argmin(const R& r) {
  return pactor::detail::extreme("argmin", r, std::less<>{}).place;
}
template <pactor::detail::array_like R>
[[nodiscard]] std::size_t argmax(const R& r) {
  return pactor::detail::extreme("argmax", r, std::greater<>{}).place;
}

/// Sums, means, least and greatest elements along one axis of an ndarray: an array of one rank less.
template <class T>
[[nodiscard]] auto sum(const ndarray<T>& a, std::size_t axis) {
  return pactor::detail::along(a, axis, [](const auto& row) { return sum(row); });
}
template <class T>
[[nodiscard]] auto mean(const ndarray<T>& a, std::size_t axis) {
  return pactor::detail::along(a, axis, [](const auto& row) { return mean(row); });
}
template <class T>
[[nodiscard]] auto min(const ndarray<T>& a, std::size_t axis) {
  return pactor::detail::along(a, axis, [](const auto& row) { return min(row); });
}
template <class T>
[[nodiscard]] auto max(const ndarray<T>& a, std::size_t axis) {
  return pactor::detail::along(a, axis, [](const auto& row) { return max(row); });
}

/// The sums of the elements up to each.
template <pactor::detail::array_like R>
[[nodiscard]] auto cumsum(const R& r) {
  using total_type = pactor::detail::sum_of<pactor::detail::element_of<R>>;
  std::vector<total_type> out;
  out.reserve(pactor::detail::length(r));
  total_type total{};
  for (const auto v : r) out.push_back(total += static_cast<total_type>(v));
  return out;
}
/// What each element is more than the one before: one less than there are.
template <pactor::detail::array_like R>
[[nodiscard]] auto diff(const R& r) {
  using element = pactor::detail::element_of<R>;
  using result = decltype(element{} - element{});
  std::vector<result> out;
  auto at = std::ranges::begin(r);
  if (at == std::ranges::end(r)) return out;
  for (element before = *at++; at != std::ranges::end(r); ++at) {
    const element v = *at;
    out.push_back(static_cast<result>(v) - static_cast<result>(before));
    before = v;
  }
  return out;
}
/// A sorted copy as a vector; nan last.
template <pactor::detail::array_like R>
[[nodiscard]] auto sort(const R& r) {
  using element = pactor::detail::element_of<R>;
  std::vector<element> out(std::ranges::begin(r), std::ranges::end(r));
  std::sort(out.begin(), out.end(), [](element a, element b) { return a < b || (b != b && a == a); });
  return out;
}
/// The different elements, sorted.
template <pactor::detail::array_like R>
[[nodiscard]] auto unique(const R& r) {
  auto out = sort(r);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}
/// The middle element of the sorted ones, or the mean of the two in the middle.
/// @throws error{invalid_argument} if there are no elements
template <pactor::detail::array_like R>
[[nodiscard]] double median(const R& r) {
  pactor::detail::need_elements("median", r);
  const auto sorted = sort(r);
  const auto n = sorted.size();
  if (sorted.back() != sorted.back()) return static_cast<double>(sorted.back());
  return (static_cast<double>(sorted[(n - 1) / 2]) + static_cast<double>(sorted[n / 2])) / 2;
}

/// Whether some, or all, elements are not zero.
template <pactor::detail::array_like R>
[[nodiscard]] bool any(const R& r) {
  return std::ranges::any_of(r, [](auto v) { return v != decltype(v){}; });
}
template <pactor::detail::array_like R>
[[nodiscard]] bool all(const R& r) {
  return std::ranges::all_of(r, [](auto v) { return v != decltype(v){}; });
}
/// How many elements are not zero: numpy's count_nonzero().
template <pactor::detail::array_like R>
[[nodiscard]] std::size_t count(const R& r) {
  return static_cast<std::size_t>(std::ranges::count_if(r, [](auto v) { return v != decltype(v){}; }));
}

} // namespace pactor::prelude
