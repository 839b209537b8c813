#pragma once
// Element-wise arithmetic and comparisons. Each element is what C++ makes of the two numbers: ints divide as ints.

#include "pactor/prelude/array_like.hpp"

#include <cmath>
#include <cstdlib>

namespace pactor::detail {

/// f of both numbers as the type that C++ would bring them to.
template <class X, class Y, class F>
auto in_common(X x, Y y, F&& f) {
  using common = decltype(x + y);
  return f(static_cast<common>(x), static_cast<common>(y));
}

template <class X, class Y>
auto divide(X x, Y y) {
  if constexpr (std::is_integral_v<X> && std::is_integral_v<Y>) {
    if (y == Y{}) divided_by_zero();
    if constexpr (std::is_signed_v<decltype(x / y)>)
      if (y == Y(-1)) return static_cast<decltype(x / y)>(0ULL - static_cast<unsigned long long>(x)); // no overflow
  }
  return in_common(x, y, [](auto c, auto d) { return c / d; });
}
/// The remainder has the sign of the dividend, as C++ has it.
template <class X, class Y>
auto remainder_of(X x, Y y) {
  if constexpr (std::is_integral_v<X> && std::is_integral_v<Y>) {
    if (y == Y{}) divided_by_zero();
    if constexpr (std::is_signed_v<decltype(x % y)>)
      if (y == Y(-1)) return decltype(x % y){0};
    return in_common(x, y, [](auto c, auto d) { return c % d; });
  } else {
    return std::fmod(x, y);
  }
}

} // namespace pactor::detail

/// In a namespace of their own, so that a scope can have them and nothing else: std::vector's own operators, such as
/// ==, stay what they are.
namespace pactor::prelude::operators {

#define PACTOR_ELEMENTWISE(symbol, expression)                                                                         \
  template <class A, class B>                                                                                          \
  requires pactor::detail::operands<A, B>                                                                              \
  [[nodiscard]] auto operator symbol(const A& a, const B& b) {                                                         \
    return pactor::detail::pairwise(#symbol, a, b, [](auto x, auto y) { return expression; });                         \
  }                                                                                                                    \
  static_assert(true)
PACTOR_ELEMENTWISE(+, pactor::detail::in_common(x, y, [](auto c, auto d) { return c + d; }));
PACTOR_ELEMENTWISE(-, pactor::detail::in_common(x, y, [](auto c, auto d) { return c - d; }));
PACTOR_ELEMENTWISE(*, pactor::detail::in_common(x, y, [](auto c, auto d) { return c * d; }));
PACTOR_ELEMENTWISE(/, pactor::detail::divide(x, y));
PACTOR_ELEMENTWISE(%, pactor::detail::remainder_of(x, y));
#undef PACTOR_ELEMENTWISE

// In place, as for scalars: the elements keep their type.
#define PACTOR_IN_PLACE(symbol, plain)                                                                                 \
  template <pactor::detail::array_like A, pactor::detail::array_or_scalar B>                                           \
  A& operator symbol(A& a, const B& b) {                                                                               \
    const auto result = operators::operator plain(a, b);                                                               \
    auto from = result.begin();                                                                                        \
    for (auto&& x : a) x = static_cast<pactor::detail::element_of<A>>(*from++);                                        \
    return a;                                                                                                          \
  }                                                                                                                    \
  static_assert(true)
PACTOR_IN_PLACE(+=, +);
PACTOR_IN_PLACE(-=, -);
PACTOR_IN_PLACE(*=, *);
PACTOR_IN_PLACE(/=, /);
PACTOR_IN_PLACE(%=, %);
#undef PACTOR_IN_PLACE

template <pactor::detail::array_like A>
[[nodiscard]] auto operator-(const A& a) {
  return pactor::detail::each(a, [](auto x) { return -x; });
}
/// Of a mask: each value the other way.
template <pactor::detail::array_like A>
[[nodiscard]] auto operator!(const A& a) {
  return pactor::detail::each(a, [](auto x) { return x == decltype(x){}; });
}

// With a scalar only: two vectors are compared as a whole, by std. See equal(). Integers by their values, also if only
// one of them has a sign: a mask of sizes > -1 has no use if that means the largest size.
#define PACTOR_COMPARISON(symbol, of_integers)                                                                         \
  template <class A, class B>                                                                                          \
  requires(pactor::detail::operands<A, B> && (pactor::detail::scalar<A> || pactor::detail::scalar<B>))                 \
      [[nodiscard]] auto                                                                                               \
      operator symbol(const A& a, const B& b) {                                                                        \
    return pactor::detail::pairwise(#symbol, a, b, [](auto x, auto y) -> bool {                                        \
      if constexpr (std::is_integral_v<decltype(x)> && std::is_integral_v<decltype(y)>)                                \
        return std::of_integers(+x, +y); /* promoted: std has it of no bool or char */                                 \
      else                                                                                                             \
        return x symbol y;                                                                                             \
    });                                                                                                                \
  }                                                                                                                    \
  static_assert(true)
PACTOR_COMPARISON(<, cmp_less);
PACTOR_COMPARISON(<=, cmp_less_equal);
PACTOR_COMPARISON(>, cmp_greater);
PACTOR_COMPARISON(>=, cmp_greater_equal);
PACTOR_COMPARISON(==, cmp_equal);
PACTOR_COMPARISON(!=, cmp_not_equal);
#undef PACTOR_COMPARISON

// Masks together; `and` and `or` would not see a whole array.
#define PACTOR_MASKS(symbol)                                                                                           \
  template <pactor::detail::array_like A, pactor::detail::array_like B>                                                \
  [[nodiscard]] auto operator symbol(const A& a, const B& b) {                                                         \
    return pactor::detail::pairwise(#symbol, a, b, [](auto x, auto y) { return (x symbol y) != 0; });                  \
  }                                                                                                                    \
  static_assert(true)
PACTOR_MASKS(&);
PACTOR_MASKS(|);
#undef PACTOR_MASKS

} // namespace pactor::prelude::operators

namespace pactor::prelude {

using namespace operators;

// Those of numbers beside those of arrays, so that both are found.
#define PACTOR_FUNCTION(name)                                                                                          \
  using std::name;                                                                                                     \
  template <pactor::detail::array_like A>                                                                              \
  [[nodiscard]] auto name(const A& a) {                                                                                \
    return pactor::detail::each(a, [](auto x) { return std::name(x); });                                               \
  }                                                                                                                    \
  static_assert(true)
PACTOR_FUNCTION(sin);
PACTOR_FUNCTION(cos);
PACTOR_FUNCTION(tan);
PACTOR_FUNCTION(asin);
PACTOR_FUNCTION(acos);
PACTOR_FUNCTION(atan);
PACTOR_FUNCTION(sinh);
PACTOR_FUNCTION(cosh);
PACTOR_FUNCTION(tanh);
PACTOR_FUNCTION(exp);
PACTOR_FUNCTION(exp2);
PACTOR_FUNCTION(expm1);
PACTOR_FUNCTION(log);
PACTOR_FUNCTION(log2);
PACTOR_FUNCTION(log10);
PACTOR_FUNCTION(log1p);
PACTOR_FUNCTION(sqrt);
PACTOR_FUNCTION(cbrt);
PACTOR_FUNCTION(floor);
PACTOR_FUNCTION(ceil);
PACTOR_FUNCTION(round);
PACTOR_FUNCTION(trunc);
PACTOR_FUNCTION(isnan);
PACTOR_FUNCTION(isfinite);
#undef PACTOR_FUNCTION

using std::abs;
template <pactor::detail::array_like A>
[[nodiscard]] auto abs(const A& a) {
  return pactor::detail::each(a, []<class T>(T x) {
    if constexpr (std::is_unsigned_v<T>)
      return x;
    else
      return static_cast<T>(std::abs(x));
  });
}
/// Magnitudes.
template <pactor::detail::complex_like A>
[[nodiscard]] auto abs(const A& a) {
  return pactor::detail::each(a, [](auto z) { return std::abs(z); });
}
using std::imag;
using std::real;
template <pactor::detail::complex_like A>
[[nodiscard]] auto real(const A& a) {
  return pactor::detail::each(a, [](auto z) { return z.real(); });
}
template <pactor::detail::complex_like A>
[[nodiscard]] auto imag(const A& a) {
  return pactor::detail::each(a, [](auto z) { return z.imag(); });
}

#define PACTOR_FUNCTION(name, std_name)                                                                                \
  template <class A, class B>                                                                                          \
  requires pactor::detail::operands<A, B>                                                                              \
  [[nodiscard]] auto name(const A& a, const B& b) {                                                                    \
    return pactor::detail::pairwise(#name, a, b, [](auto x, auto y) { return std_name(x, y); });                       \
  }                                                                                                                    \
  static_assert(true)
using std::atan2;
using std::fmod;
using std::hypot;
using std::pow;
PACTOR_FUNCTION(pow, std::pow);
PACTOR_FUNCTION(atan2, std::atan2);
PACTOR_FUNCTION(hypot, std::hypot);
PACTOR_FUNCTION(fmod, std::fmod);
#undef PACTOR_FUNCTION

/// Where the elements are equal, integers by their values. (a == b of two vectors is one bool.)
template <class A, class B>
requires pactor::detail::operands<A, B>
[[nodiscard]] auto equal(const A& a, const B& b) {
  return pactor::detail::pairwise("equal", a, b, [](auto x, auto y) -> bool {
    using common = std::common_type_t<decltype(x), decltype(y)>;
    if constexpr (std::is_integral_v<common>)
      return std::cmp_equal(+x, +y);
    else
      return static_cast<common>(x) == static_cast<common>(y);
  });
}
/// The greater of each pair; nan if one of them is.
template <class A, class B>
requires pactor::detail::operands<A, B>
[[nodiscard]] auto maximum(const A& a, const B& b) {
  return pactor::detail::pairwise("maximum", a, b, [](auto x, auto y) { return pactor::detail::greatest_of(x, y); });
}
template <class A, class B>
requires pactor::detail::operands<A, B>
[[nodiscard]] auto minimum(const A& a, const B& b) {
  return pactor::detail::pairwise("minimum", a, b, [](auto x, auto y) { return pactor::detail::least_of(x, y); });
}

} // namespace pactor::prelude
