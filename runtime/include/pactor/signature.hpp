#pragma once
// How C++ types are spelt in signatures, messages and the catalogue of jobs: the same on every machine, since
// `long` and `long long` are both int64 and a std::array is a vector to whoever sends one.

#include "pactor/detail/dtype.hpp"
#include "pactor/detail/fixed_text.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace pactor {

class value;
class context;
template <numeric T>
class ndarray;
template <numeric T>
class ndarray_view;

namespace detail {

/// Vectors of these travel as MessagePack binary.
template <class T>
concept byte_like = std::is_same_v<T, char> || std::is_same_v<T, unsigned char> || std::is_same_v<T, std::byte>;

template <class T>
constexpr auto pretty_function() {
  constexpr std::string_view all = __PRETTY_FUNCTION__;
  constexpr auto first = all.find("T = ") + 4;
  return fixed_text<all.rfind(']') - first>{all.substr(first)};
}

/// The text of a type; a user's struct has its own C++ name.
template <class T>
struct type_text {
  static constexpr auto value = pretty_function<T>();
};
template <class T>
inline constexpr auto text_of = type_text<std::remove_cvref_t<T>>::value;

// clang-format off
template <> struct type_text<void> { static constexpr fixed_text value{"void"}; };
template <> struct type_text<bool> { static constexpr fixed_text value{"bool"}; };
template <> struct type_text<std::string> { static constexpr fixed_text value{"string"}; };
template <> struct type_text<std::string_view> { static constexpr fixed_text value{"string"}; };
template <> struct type_text<const char*> { static constexpr fixed_text value{"string"}; };
template <> struct type_text<char*> { static constexpr fixed_text value{"string"}; };
template <std::size_t N> struct type_text<char[N]> { static constexpr fixed_text value{"string"}; };
template <std::size_t N> struct type_text<const char[N]> { static constexpr fixed_text value{"string"}; };
template <> struct type_text<std::nullptr_t> { static constexpr fixed_text value{"nil"}; };
template <> struct type_text<std::nullopt_t> { static constexpr fixed_text value{"nil"}; };
template <> struct type_text<std::monostate> { static constexpr fixed_text value{"nil"}; };
template <> struct type_text<pactor::value> { static constexpr fixed_text value{"any"}; };
template <> struct type_text<std::span<const std::byte>> { static constexpr fixed_text value{"bytes"}; };
// clang-format on

template <numeric T>
struct type_text<T> {
  static constexpr fixed_text<to_string(dtype_of<T>()).size()> value{to_string(dtype_of<T>())};
};
template <class T>
struct vector_text {
  static constexpr auto value = fixed_text{"vector<"} + text_of<T> + fixed_text{">"};
};
template <byte_like T>
struct vector_text<T> {
  static constexpr fixed_text value{"bytes"};
};
template <class K, class V>
struct map_text {
  static constexpr auto value = fixed_text{"map<"} + text_of<K> + fixed_text{","} + text_of<V> + fixed_text{">"};
};
template <class... T>
struct tuple_text {
  static constexpr auto value = fixed_text{"tuple<"} + join(fixed_text{","}, text_of<T>...) + fixed_text{">"};
};

template <class T, class A>
struct type_text<std::vector<T, A>> : vector_text<T> {};
template <class T, class A>
struct type_text<std::deque<T, A>> : vector_text<T> {};
template <class T, class A>
struct type_text<std::list<T, A>> : vector_text<T> {};
template <class T, std::size_t N>
struct type_text<std::array<T, N>> : vector_text<T> {};
template <class T, class C, class A>
struct type_text<std::set<T, C, A>> : vector_text<T> {};
template <class T, class H, class E, class A>
struct type_text<std::unordered_set<T, H, E, A>> : vector_text<T> {};
template <class K, class V, class C, class A>
struct type_text<std::map<K, V, C, A>> : map_text<K, V> {};
template <class K, class V, class H, class E, class A>
struct type_text<std::unordered_map<K, V, H, E, A>> : map_text<K, V> {};
template <class A, class B>
struct type_text<std::pair<A, B>> : tuple_text<A, B> {};
template <class... T>
struct type_text<std::tuple<T...>> : tuple_text<T...> {};
template <class T>
struct type_text<std::optional<T>> {
  static constexpr auto value = fixed_text{"optional<"} + text_of<T> + fixed_text{">"};
};
template <class T>
struct type_text<ndarray<T>> {
  static constexpr auto value = fixed_text{"ndarray<"} + text_of<T> + fixed_text{">"};
};
template <class T>
struct type_text<ndarray_view<T>> : type_text<ndarray<T>> {};
template <class T, std::size_t E>
struct type_text<std::span<T, E>> {
  static constexpr auto value = fixed_text{"span<"} + text_of<T> + fixed_text{">"};
};

template <class F>
struct signature_text;
template <class R, class... A>
struct signature_text<R(A...)> {
  static constexpr auto value = text_of<R> + fixed_text{"("} + join(fixed_text{", "}, text_of<A>...) + fixed_text{")"};
};
template <class R, class... A>
struct signature_text<R(context&, A...)> : signature_text<R(A...)> {};
template <class R, class... A>
struct signature_text<R(A...) noexcept> : signature_text<R(A...)> {};

} // namespace detail

/// `vector<double>`
template <class T>
constexpr std::string_view type_name() {
  return detail::text_of<T>.view();
}

/// `double(double, vector<int64>)` for the function type F; a leading context& is not part of it.
template <class F>
constexpr std::string_view signature_of() {
  return detail::signature_text<F>::value.view();
}

/// The types of a call's arguments, in parentheses: `(double, vector<int64>)`.
template <class... A>
std::string argument_types(const A&...) {
  static constexpr auto text =
      detail::fixed_text{"("} + detail::join(detail::fixed_text{", "}, detail::text_of<A>...) + detail::fixed_text{")"};
  return std::string{text.view()};
}

} // namespace pactor
