#pragma once
// The element types of numeric arrays, and the one rule for converting numbers: no value is lost silently.

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace pactor {

/// Element type of an array as it travels. The numbers are part of the format.
enum class dtype : std::uint8_t {
  int8 = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  uint8 = 5,
  uint16 = 6,
  uint32 = 7,
  uint64 = 8,
  float32 = 9,
  float64 = 10,
};

/// Types whose arrays travel as one block: every arithmetic type but bool, character types wider than a byte and
/// long double.
template <class T>
concept numeric =
    std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t> &&
    !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t> && sizeof(T) <= 8;

/// The dtype of T.
template <numeric T>
constexpr dtype dtype_of() {
  if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? dtype::float32 : dtype::float64;
  } else {
    constexpr int first = std::is_signed_v<T> ? 1 : 5;
    constexpr int step = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<dtype>(first + step);
  }
}

namespace detail {

constexpr bool valid(dtype d) noexcept { return d >= dtype::int8 && d <= dtype::float64; }

/// Calls f.operator()<T>() with the C++ type of `d`. @pre valid(d)
template <class F>
constexpr decltype(auto) with_type(dtype d, F&& f) {
  switch (d) {
  case dtype::int8:
    return f.template operator()<std::int8_t>();
  case dtype::int16:
    return f.template operator()<std::int16_t>();
  case dtype::int32:
    return f.template operator()<std::int32_t>();
  case dtype::int64:
    return f.template operator()<std::int64_t>();
  case dtype::uint8:
    return f.template operator()<std::uint8_t>();
  case dtype::uint16:
    return f.template operator()<std::uint16_t>();
  case dtype::uint32:
    return f.template operator()<std::uint32_t>();
  case dtype::uint64:
    return f.template operator()<std::uint64_t>();
  case dtype::float32:
    return f.template operator()<float>();
  default:
    return f.template operator()<double>();
  }
}

/// True if `from` has an equal value in To. Floating-point targets may round a floating-point value, but neither
/// overflow nor drop digits of an integer; integers take floating-point values that are integral.
template <numeric To, numeric From>
constexpr bool fits(From from) noexcept {
  if constexpr (std::is_same_v<To, From>) {
    return true;
  } else if constexpr (std::is_integral_v<To> && std::is_integral_v<From>) {
    return static_cast<From>(static_cast<To>(from)) == from && (static_cast<To>(from) < To{}) == (from < From{});
  } else if constexpr (std::is_integral_v<To>) {
    // 2^digits is exact in any floating-point type, To's own maximum may not be.
    const From bound = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    const From low = std::is_signed_v<To> ? -bound : From{0};
    return from >= low && from < bound && std::trunc(from) == from;
  } else if constexpr (std::is_integral_v<From>) {
    const auto rounded = static_cast<To>(from);
    return fits<From>(rounded) && static_cast<From>(rounded) == from;
  } else {
    return !std::isfinite(from) || std::isfinite(static_cast<To>(from));
  }
}

/// The shortest text that reads back as this number.
template <numeric T>
std::string number_text(T v) {
  if constexpr (std::is_integral_v<T>) {
    return std::to_string(v);
  } else {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), v).ptr;
    return {text.data(), end};
  }
}

} // namespace detail

/// `float64` and so on are spelt as in signatures: `double`.
constexpr std::string_view to_string(dtype d) {
  constexpr std::string_view names[] = {"?",      "int8",   "int16",  "int32", "int64", "uint8",
                                        "uint16", "uint32", "uint64", "float", "double"};
  return names[detail::valid(d) ? static_cast<std::size_t>(d) : 0];
}

/// Bytes of one element.
constexpr std::size_t item_size(dtype d) {
  return detail::with_type(d, []<class T>() { return sizeof(T); });
}

} // namespace pactor
