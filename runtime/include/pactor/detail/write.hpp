#pragma once
// C++ values into MessagePack.

#include "pactor/detail/compiled.hpp"
#include "pactor/detail/encoder.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/signature.hpp"
#include "pactor/value.hpp"

#include <bit>
#include <concepts>
#include <ranges>

namespace pactor {

/// True for types that encode() takes. Specialise it for a type with a msgpack adaptor of its own; types with
/// MSGPACK_DEFINE and enums with MSGPACK_ADD_ENUM need nothing.
template <class T>
inline constexpr bool is_encodable = requires(const T& v, detail::packer& p) {
  v.msgpack_pack(p);
}
|| std::is_enum_v<T>;

template <numeric T>
inline constexpr bool is_encodable<T> = true;
template <>
inline constexpr bool is_encodable<void> = false;
template <>
inline constexpr bool is_encodable<bool> = true;
template <>
inline constexpr bool is_encodable<std::byte> = false;
template <>
inline constexpr bool is_encodable<std::nullptr_t> = true;
template <>
inline constexpr bool is_encodable<std::monostate> = true;
template <>
inline constexpr bool is_encodable<std::string> = true;
template <>
inline constexpr bool is_encodable<std::string_view> = true;
template <>
inline constexpr bool is_encodable<const char*> = true;
template <>
inline constexpr bool is_encodable<value> = true;
template <std::size_t N>
inline constexpr bool is_encodable<char[N]> = true;
template <numeric T>
inline constexpr bool is_encodable<ndarray<T>> = true;
template <numeric T>
inline constexpr bool is_encodable<ndarray_view<T>> = true;
template <class T>
inline constexpr bool is_encodable<std::optional<T>> = is_encodable<T>;
template <class... T>
inline constexpr bool is_encodable<std::tuple<T...>> = (is_encodable<std::remove_cvref_t<T>> && ...);
template <class A, class B>
inline constexpr bool is_encodable<std::pair<A, B>> =
    is_encodable<std::remove_cvref_t<A>>&& is_encodable<std::remove_cvref_t<B>>;
template <std::ranges::input_range T>
requires(!requires(const T& v, detail::packer& p) {
  v.msgpack_pack(p);
}) inline constexpr bool is_encodable<T> = is_encodable<std::remove_cvref_t<std::ranges::range_value_t<T>>> ||
                                           std::is_same_v<std::ranges::range_value_t<T>, std::byte>;

/// What encode() takes.
template <class T>
concept encodable = is_encodable<std::remove_cvref_t<T>>;

namespace detail {

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... A, template <class...> class Template>
inline constexpr bool is_a<Template<A...>, Template> = true;

template <class T>
concept string_like = std::is_convertible_v<const T&, std::string_view> && !std::is_null_pointer_v<T>;
template <class T>
concept map_like = std::ranges::sized_range<const T> && requires {
  typename T::mapped_type;
};
/// Elements that lie side by side: travels as one block.
template <class T>
concept numeric_block = std::ranges::contiguous_range<const T> && std::ranges::sized_range<const T> &&
    numeric<std::ranges::range_value_t<const T>>;
template <class T>
concept byte_block = std::ranges::contiguous_range<const T> && std::ranges::sized_range<const T> &&
    byte_like<std::ranges::range_value_t<const T>> && !string_like<T>;
template <class T>
concept has_own_pack = requires(const T& v, packer& p) {
  v.msgpack_pack(p);
};

/// @throws error{too_large}
PACTOR_INLINE std::uint32_t checked_size(std::size_t size);

template <numeric T>
void write_block(encoder& out, std::span<const std::size_t> shape, const T* data, std::size_t n) {
  out.write_block(dtype_of<T>(), shape, data, n * sizeof(T));
}

template <class T>
void write(packer& p, const T& v);

PACTOR_INLINE void write_string(packer& p, std::string_view s);
PACTOR_INLINE void write_binary(packer& p, const void* data, std::size_t size);
PACTOR_INLINE void write_value(packer& p, const value& v);
template <class Range>
void write_range(packer& p, const Range& range) {
  if constexpr (std::ranges::sized_range<const Range>) {
    p.pack_array(checked_size(std::ranges::size(range)));
    for (const auto& element : range) write(p, static_cast<const std::ranges::range_value_t<const Range>&>(element));
  } else {
    std::vector<std::ranges::range_value_t<const Range>> elements;
    for (auto&& element : range) elements.push_back(std::forward<decltype(element)>(element));
    write(p, elements);
  }
}

/// msgpack's own pack_double() turns 2.0 into an integer, which a reader that does not know the type can't undo.
template <std::floating_point T>
void write_floating(encoder& out, T v) {
  using bits_type = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const auto bits = std::bit_cast<bits_type>(v);
  auto* at = out.extend(1 + sizeof bits);
  *at++ = static_cast<char>(sizeof(T) == 4 ? 0xca : 0xcb);
  for (std::size_t i = 0; i < sizeof bits; ++i) at[i] = static_cast<char>(bits >> (8 * (sizeof bits - 1 - i)));
}

template <class T>
void write_scalar(packer& p, const T& v) {
  if constexpr (std::is_same_v<T, bool>)
    v ? p.pack_true() : p.pack_false();
  else if constexpr (std::is_floating_point_v<T>)
    write_floating(p.out(), v);
  else if constexpr (std::is_signed_v<T>)
    p.pack_int64(v);
  else
    p.pack_uint64(v);
}

/// Packs any value. Numeric arrays become blocks wherever they stand.
template <class T>
void write(packer& p, const T& v) {
  if constexpr (std::is_same_v<T, bool> || numeric<T>)
    write_scalar(p, v);
  else if constexpr (std::is_same_v<T, value>)
    write_value(p, v);
  else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>)
    p.pack_nil();
  else if constexpr (is_a<T, std::optional>)
    v ? write(p, *v) : static_cast<void>(p.pack_nil());
  else if constexpr (is_a<T, ndarray> || is_a<T, ndarray_view>)
    write_block(p.out(), v.shape(), v.data(), v.size());
  else if constexpr (has_own_pack<T>)
    v.msgpack_pack(p);
  else if constexpr (string_like<T>)
    write_string(p, v);
  else if constexpr (byte_block<T>)
    write_binary(p, std::ranges::data(v), std::ranges::size(v));
  else if constexpr (numeric_block<T>) {
    const std::size_t n = std::ranges::size(v);
    write_block(p.out(), {&n, 1}, std::ranges::data(v), n);
  } else if constexpr (is_a<T, std::pair> || is_a<T, std::tuple>) {
    p.pack_array(static_cast<std::uint32_t>(std::tuple_size_v<T>));
    std::apply([&p](const auto&... part) { (write(p, part), ...); }, v);
  } else if constexpr (map_like<T>) {
    p.pack_map(checked_size(v.size()));
    for (const auto& [key, mapped] : v) {
      write(p, key);
      write(p, mapped);
    }
  } else if constexpr (std::ranges::input_range<const T>)
    write_range(p, v);
  else
    p.pack(v);
}

/// Packs, with msgpack's own errors as ours.
template <class T>
void write_checked(encoder& out, const T& v) {
  packer p{out};
  try {
    write(p, v);
  } catch (const msgpack::container_size_overflow&) {
    throw error{ec::too_large, "a value of 4 GiB or more"};
  }
}

/// Bytes that the blocks of these values take, so that the buffer is allocated once.
template <class T>
std::size_t block_bytes(const T& v) {
  if constexpr (string_like<T> && !std::is_array_v<T> && !std::is_pointer_v<T>)
    return std::size(v) + 8;
  else if constexpr (is_a<T, ndarray> || is_a<T, ndarray_view>)
    return v.size() * sizeof(typename T::value_type) + 160;
  else if constexpr (requires { v.encoded_bytes(); })
    return v.encoded_bytes();
  else if constexpr (byte_block<T> || numeric_block<T>)
    return std::ranges::size(v) * sizeof(std::ranges::range_value_t<const T>) + 40;
  else if constexpr (std::is_same_v<T, value>) {
    const auto* array = v.template get_if<any_array>();
    return array ? array->size_bytes() + 160 : 16;
  } else
    return 16;
}

#ifdef PACTOR_BODIES
PACTOR_INLINE std::uint32_t checked_size(std::size_t size) {
  if (size > UINT32_MAX - 1) throw error{ec::too_large, "a value of 4 GiB or more"};
  return static_cast<std::uint32_t>(size);
}

PACTOR_INLINE void write_string(packer& p, std::string_view s) {
  const auto n = checked_size(s.size());
  p.pack_str(n);
  p.pack_str_body(s.data(), n);
}

PACTOR_INLINE void write_binary(packer& p, const void* data, std::size_t size) {
  const auto n = checked_size(size);
  p.pack_bin(n);
  p.pack_bin_body(static_cast<const char*>(data), n);
}

struct value_writer {
  packer& p;
  void operator()(std::monostate) const { p.pack_nil(); }
  void operator()(const std::vector<value>& a) const { write_range(p, a); }
  void operator()(const any_array& a) const { p.out().write_block(a.type(), a.shape(), a.data(), a.size_bytes()); }
  void operator()(const value::map& m) const {
    p.pack_map(checked_size(m.size()));
    for (const auto& [key, mapped] : m) {
      write(p, key);
      write(p, mapped);
    }
  }
  template <class T>
  void operator()(const T& scalar) const {
    write(p, scalar);
  }
};

PACTOR_INLINE void write_value(packer& p, const value& v) { v.visit(value_writer{p}); }
#endif

} // namespace detail
} // namespace pactor
