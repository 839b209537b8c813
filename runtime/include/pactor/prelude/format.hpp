#pragma once
// The text of any value: str(v) as print() writes it, repr(v) as a result is shown.

#include "pactor/codec.hpp"
#include "pactor/detail/plain_type.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/prelude/text_writer.hpp"
#include "pactor/value.hpp"

#include <chrono>
#include <complex>
#include <concepts>
#include <iterator>
#include <optional>
#include <ostream>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace pactor::detail {

template <class T>
void put_text(text_writer& out, const T& v);

template <class T>
concept streamable = requires(std::ostream& out, const T& v) {
  { out << v } -> std::convertible_to<std::ostream&>;
};
/// Such as a lambda without captures, which operator<< takes for true.
template <class T>
concept like_a_pointer = requires(const T& v) {
  requires std::is_pointer_v<decltype(+v)>;
};
template <class T>
concept shown_range =
    std::ranges::input_range<const T> && !std::same_as<std::remove_cvref_t<std::ranges::range_reference_t<const T>>, T>;
template <class T>
concept set_like = requires {
  typename T::key_type;
};
template <class T>
concept smart_pointer = requires(const T& p) {
  typename T::element_type;
  { p.get() } -> std::convertible_to<const volatile void*>;
};
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;
template <class T>
inline constexpr bool is_system_time = false;
template <class D>
inline constexpr bool is_system_time<std::chrono::time_point<std::chrono::system_clock, D>> = true;
/// ndarray, and what has its shape and elements.
template <class T>
concept shaped_complex = requires(const T& a) {
  { a.shape() } -> std::convertible_to<std::span<const std::size_t>>;
  { a.data() } -> std::convertible_to<const std::complex<double>*>;
};

/// Writes elements between brackets; all but the ends is left out if there are many.
template <class Range, class Put>
void put_elements(text_writer& out, Range& range, std::string_view open, std::string_view close, Put&& put) {
  const auto before = out.enter();
  out.raw(open);
  std::size_t size = 0, i = 0;
  bool shortened = false;
  constexpr bool sized = std::ranges::sized_range<Range>;
  if constexpr (sized) size = std::ranges::size(range);
  const auto left_out = [&] { return i >= shown_at_ends && i + shown_at_ends < size && size > shown_in_full; };
  for (auto&& element : range) {
    if (out.full() || (!sized && i == shown_in_full)) {
      out.raw(i > 0 ? ", ..." : "...");
      shortened = true;
      break;
    }
    if (!left_out()) {
      if (i > 0) out.raw(", ");
      put(element);
    } else if (i == shown_at_ends) {
      out.raw(", ...");
      shortened = true;
    }
    ++i;
  }
  out.raw(close);
  if (shortened && sized) out.raw(" (" + std::to_string(size) + " elements)");
  out.leave(before);
}

template <class Range>
void put_range(text_writer& out, const Range& range) {
  using element = std::ranges::range_value_t<const Range>;
  if constexpr (map_like<Range>) {
    put_elements(out, range, "{", "}", [&out](const auto& entry) {
      put_text(out, entry.first);
      out.raw(": ");
      put_text(out, entry.second);
    });
  } else if constexpr (std::same_as<element, std::byte> && std::ranges::contiguous_range<const Range>) {
    out.bytes({std::ranges::data(range), std::ranges::size(range)});
  } else if constexpr (numeric_block<Range> && !std::same_as<element, char>) {
    out.vector(dtype_of<element>(), std::ranges::data(range), std::ranges::size(range));
  } else {
    constexpr bool braces = set_like<Range>;
    put_elements(out, range, braces ? "{" : "[", braces ? "}" : "]",
                 [&out](const auto& e) { put_text(out, static_cast<const element&>(e)); });
  }
}

template <class Tuple>
void put_tuple(text_writer& out, const Tuple& tuple) {
  const auto before = out.enter();
  out.raw("(");
  std::apply([&out, i = 0](const auto&... part) mutable { ((out.raw(i++ > 0 ? ", " : ""), put_text(out, part)), ...); },
             tuple);
  out.raw(")");
  out.leave(before);
}

template <class T>
void put_scalar(text_writer& out, const T& v) {
  if constexpr (std::same_as<T, bool>)
    out.boolean(v);
  else if constexpr (std::same_as<T, char>)
    out.character(v);
  else if constexpr (std::same_as<T, float>)
    out.number(v);
  else if constexpr (std::floating_point<T>)
    out.number(static_cast<double>(v));
  else if constexpr (std::is_signed_v<T>)
    out.number(static_cast<std::int64_t>(v)); // NOLINT(bugprone-signed-char-misuse): a number
  else
    out.number(static_cast<std::uint64_t>(v));
}

/// What has neither a form of its own here nor operator<<.
template <class T>
void put_other(text_writer& out, const T& v) {
  if constexpr (std::is_enum_v<T>) {
    out.raw(type_title<T>());
    out.raw("(");
    put_scalar(out, static_cast<std::underlying_type_t<T>>(v));
    out.raw(")");
  } else if constexpr (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>) {
    out.pointer(v);
  } else if constexpr (smart_pointer<T>) {
    out.pointer(v.get());
  } else if constexpr (encodable<T>) {
    const auto before = out.enter();
    const auto encoded = encode(v);
    out.value(decode<value>(encoded.data(), encoded.size()));
    out.leave(before);
  } else {
    out.opaque(type_title<T>());
  }
}

template <class T>
void put_text(text_writer& out, const T& v) {
  if constexpr (std::is_arithmetic_v<T>)
    put_scalar(out, v);
  else if constexpr (is_complex<T>)
    out.complex({static_cast<double>(v.real()), static_cast<double>(v.imag())});
  else if constexpr (std::same_as<T, value>)
    out.value(v); // NOLINT(bugprone-branch-clone): another value()
  else if constexpr (std::same_as<T, std::vector<bool>::reference>)
    out.boolean(v);
  else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate> ||
                     std::same_as<T, std::nullopt_t>)
    out.raw("nil");
  else if constexpr (std::same_as<T, const char*> || std::same_as<T, char*>)
    v ? out.string(v) : out.raw("nil");
  else if constexpr (string_like<T>)
    out.string(v);
  else if constexpr (is_a<T, std::optional>)
    v ? put_text(out, *v) : out.raw("nil");
  else if constexpr (is_a<T, std::variant>)
    v.valueless_by_exception() ? out.raw("nil") : std::visit([&out](const auto& held) { put_text(out, held); }, v);
  else if constexpr (is_a<T, ndarray> || is_a<T, ndarray_view>)
    out.array(dtype_of<typename T::value_type>(), v.data(), v.shape());
  else if constexpr (std::same_as<T, any_array>)
    out.value(v);
  else if constexpr (shaped_complex<T>)
    out.array(v.data(), v.shape());
  else if constexpr (is_duration<T>)
    out.seconds(std::chrono::duration<double>{v}.count());
  else if constexpr (is_system_time<T>)
    out.time(std::chrono::duration<double>{v.time_since_epoch()}.count());
  else if constexpr (is_a<T, std::pair> || is_a<T, std::tuple>)
    put_tuple(out, v);
  else if constexpr (streamable<T> && std::is_class_v<T> && !smart_pointer<T> && !like_a_pointer<T>)
    out.streamed([](std::ostream& to, const void* object) { to << *static_cast<const T*>(object); }, &v);
  else if constexpr (std::is_enum_v<T> && !std::is_convertible_v<T, int> && streamable<T>)
    out.streamed([](std::ostream& to, const void* object) { to << *static_cast<const T*>(object); }, &v);
  else if constexpr (shown_range<T>)
    put_range(out, v);
  else if constexpr (std::ranges::view<T> && std::ranges::input_range<T> && std::copy_constructible<T>) {
    auto copy = v; // such as a filter, which remembers where it begins
    put_elements(out, copy, "[", "]",
                 [&out](const auto& e) { put_text(out, static_cast<const std::ranges::range_value_t<T>&>(e)); });
  } else
    put_other(out, v);
}

} // namespace pactor::detail

namespace pactor::prelude {

/// The text that print() writes: numbers with as many digits as they need, strings as they are, vectors as [1, 2, 3],
/// maps as {"a": 1}, ndarrays as aligned rows, true and false, `nil` for what is empty; what has operator<< through it;
/// else the type's name. Long containers are shortened in the middle.
template <class T>
[[nodiscard]] std::string str(const T& v) {
  pactor::detail::text_writer out{pactor::detail::text_style::str};
  pactor::detail::put_text(out, v);
  return out.take();
}

/// The text that shows a result: as str(), with strings in quotes and ndarrays as array([...]).
template <class T>
[[nodiscard]] std::string repr(const T& v) {
  pactor::detail::text_writer out{pactor::detail::text_style::repr};
  pactor::detail::put_text(out, v);
  return out.take();
}

} // namespace pactor::prelude
