#pragma once
// What the functions over arrays take, and what they return: an ndarray of the same shape for an ndarray, else a
// vector.

#include "pactor/error.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/prelude/text_writer.hpp"

#include <algorithm>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

template <class T>
inline constexpr bool is_shaped = false;
template <class T>
inline constexpr bool is_shaped<ndarray<T>> = true;
template <class T>
inline constexpr bool is_shaped<ndarray_view<T>> = true;

template <class R>
using element_of = std::ranges::range_value_t<const R>;

/// Ranges of numbers: vectors, spans, arrays, lists, views, ndarrays; of bool too, and no strings.
template <class R>
concept array_like = std::ranges::forward_range<const R> && std::is_arithmetic_v<element_of<R>> &&
    !std::convertible_to<const R&, std::string_view>;
template <class R>
concept complex_like = std::ranges::forward_range<const R> && is_complex<element_of<R>>;
template <class R>
concept shaped_like = is_shaped<R>;
template <class T>
concept scalar = std::is_arithmetic_v<T>;
template <class T>
concept array_or_scalar = array_like<T> || scalar<T>;
/// Those that a binary operation is for: an array on one side at least.
template <class A, class B>
concept operands = array_or_scalar<A> && array_or_scalar<B> &&(array_like<A> || array_like<B>);

template <class T>
struct element_type {
  using type = T;
};
template <array_like T>
struct element_type<T> {
  using type = element_of<T>;
};
template <class T>
using element_type_t = typename element_type<T>::type;

template <class R>
std::size_t length(const R& r) {
  return static_cast<std::size_t>(std::ranges::distance(r));
}

inline std::string shape_name(std::span<const std::size_t> shape) {
  std::string text;
  for (const auto n : shape) text += (text.empty() ? "" : "x") + std::to_string(n);
  return text.empty() ? "()" : text;
}
template <class R>
std::string shape_of(const R& r) {
  if constexpr (is_shaped<R>)
    return shape_name(r.shape());
  else
    return std::to_string(length(r));
}

[[noreturn]] PACTOR_PRELUDE_API void unequal_shapes(std::string_view what, const std::string& a, const std::string& b);
/// Of a range without a shape, its length is its shape. @throws error{invalid_argument} naming both if they differ
template <class A, class B>
void need_same_shape(std::string_view what, const A& a, const B& b) {
  bool same = false;
  if constexpr (is_shaped<A> && is_shaped<B>)
    same = std::ranges::equal(a.shape(), b.shape());
  else if constexpr (is_shaped<A>)
    same = a.rank() == 1 && a.size() == length(b);
  else if constexpr (is_shaped<B>)
    same = b.rank() == 1 && b.size() == length(a);
  else
    same = length(a) == length(b);
  if (!same) unequal_shapes(what, shape_of(a), shape_of(b));
}

[[noreturn]] PACTOR_PRELUDE_API void of_nothing(std::string_view what);
[[noreturn]] PACTOR_PRELUDE_API void divided_by_zero();

/// Whether v takes the place of the best number so far: the first that is nan does, as in numpy, else one that is
/// `before` it.
template <class T, class Before>
constexpr bool displaces(T v, T best, Before before) {
  // NOLINTNEXTLINE(misc-redundant-expression): what differs from itself is nan
  if constexpr (std::is_floating_point_v<T>) return best == best && (v != v || before(v, best));
  return before(v, best);
}

/// Whether integers of these types can't be told apart as C++ compares them: a negative one would be a great one.
template <class... T>
inline constexpr bool mixed_signs = (std::integral<T> && ...) && (std::is_signed_v<decltype(+T{})> || ...) &&
                                    (std::is_unsigned_v<decltype(+T{})> || ...);

[[noreturn]] PACTOR_PRELUDE_API void beyond_int64(std::uint64_t n);
/// @throws error{invalid_argument} beyond 2^63 - 1
template <std::integral T>
constexpr std::int64_t as_int64(T n) {
  if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::int64_t))
    if (n > static_cast<T>(std::numeric_limits<std::int64_t>::max())) beyond_int64(n);
  return static_cast<std::int64_t>(n);
}

/// The least or the greatest of two numbers, whatever their types. What is least has the signed type then: it is in
/// the range of that.
template <class X, class Y>
constexpr auto least_of(X x, Y y) {
  using common = std::common_type_t<X, Y>;
  if constexpr (mixed_signs<X, Y>) {
    using least = std::make_signed_t<common>;
    return std::cmp_less(+y, +x) ? static_cast<least>(y) : static_cast<least>(x);
  } else {
    const auto a = static_cast<common>(x), b = static_cast<common>(y);
    return displaces(b, a, std::less<>{}) ? b : a;
  }
}
template <class X, class Y>
constexpr auto greatest_of(X x, Y y) {
  using common = std::common_type_t<X, Y>;
  const auto a = static_cast<common>(x), b = static_cast<common>(y);
  if constexpr (mixed_signs<X, Y>)
    return std::cmp_less(+x, +y) ? b : a;
  else
    return displaces(b, a, std::greater<>{}) ? b : a;
}

/// The elements as an array like `r`. Truth values of an ndarray are numbers, since those can travel.
template <class R, class U>
auto like(const R& r, std::vector<U> elements) {
  if constexpr (is_shaped<R> && std::same_as<U, bool>)
    return ndarray<std::uint8_t>{{r.shape().begin(), r.shape().end()}, {elements.begin(), elements.end()}};
  else if constexpr (is_shaped<R> && numeric<U>)
    return ndarray<U>{{r.shape().begin(), r.shape().end()}, std::move(elements)};
  else
    return elements;
}

/// f of each element.
template <class R, class F>
auto each(const R& r, F&& f) {
  using U = std::remove_cvref_t<decltype(f(std::declval<element_of<R>>()))>;
  std::vector<U> out(length(r));
  std::size_t i = 0;
  for (const auto v : r) out[i++] = f(static_cast<element_of<R>>(v));
  return like(r, std::move(out));
}

/// f of each pair of elements; a scalar stands for as many as there are. @throws error{invalid_argument} naming both
/// shapes if they differ
template <class A, class B, class F>
requires operands<A, B>
auto pairwise(std::string_view what, const A& a, const B& b, F&& f) {
  if constexpr (scalar<A>) {
    return each(b, [&](auto y) { return f(a, y); });
  } else if constexpr (scalar<B>) {
    return each(a, [&](auto x) { return f(x, b); });
  } else {
    need_same_shape(what, a, b);
    using U = std::remove_cvref_t<decltype(f(std::declval<element_of<A>>(), std::declval<element_of<B>>()))>;
    std::vector<U> out(length(a));
    auto y = std::ranges::begin(b);
    std::size_t i = 0;
    for (const auto x : a) out[i++] = f(static_cast<element_of<A>>(x), static_cast<element_of<B>>(*y++));
    if constexpr (is_shaped<A>)
      return like(a, std::move(out));
    else
      return like(b, std::move(out));
  }
}

} // namespace pactor::detail
