#pragma once
// MessagePack objects into C++ values. A value that does not fit is an error that names what was given and what was
// wanted; nothing is lost silently.

#include "pactor/detail/block.hpp"
#include "pactor/detail/compiled.hpp"
#include "pactor/detail/write.hpp"
#include "pactor/signature.hpp"
#include "pactor/value.hpp"

#include <string>
#include <string_view>

namespace pactor::detail {

using msgpack::object;
namespace kind = msgpack::type;

/// Its type as in signatures.
PACTOR_INLINE std::string describe(const object& o);

template <class T>
[[noreturn]] void mismatch(const object& o) {
  does_not_fit(describe(o), type_name<T>());
}

template <class T>
void read(const object& o, T& out);

template <numeric T>
T read_number(const object& o) {
  switch (o.type) {
  case kind::POSITIVE_INTEGER:
    return convert_number<T>(o.via.u64);
  case kind::NEGATIVE_INTEGER:
    return convert_number<T>(o.via.i64);
  case kind::FLOAT32:
  case kind::FLOAT64:
    return convert_number<T>(o.via.f64);
  default:
    mismatch<T>(o);
  }
}

PACTOR_INLINE std::string_view read_text(const object& o);

/// Elements of a sequence, whatever it travels as; `take(n)` returns where n elements go.
template <class T, class Take>
void read_elements(const object& o, Take&& take, std::string_view wanted) {
  if (o.type == kind::ARRAY) {
    auto* out = take(o.via.array.size);
    for (std::uint32_t i = 0; i < o.via.array.size; ++i) out[i] = read_number<T>(o.via.array.ptr[i]);
  } else if (o.type == kind::BIN && sizeof(T) == 1) {
    auto* out = take(o.via.bin.size);
    if (o.via.bin.size > 0) std::memcpy(out, o.via.bin.ptr, o.via.bin.size);
  } else if (const auto block = read_block(o); block && block->rank == 1) {
    block->copy_to(take(block->count));
  } else {
    does_not_fit(describe(o), wanted);
  }
}

PACTOR_INLINE void read_bytes(const object& o, std::vector<std::byte>& out);

template <class T, std::size_t N>
void read_fixed(const object& o, std::array<T, N>& out) {
  const auto check = [&o](std::size_t n) {
    if (n != N)
      does_not_fit(describe(o) + " of " + std::to_string(n) + " elements",
                   std::string{type_name<T>()} + "[" + std::to_string(N) + "]");
  };
  if constexpr (numeric<T>) {
    read_elements<T>(
        o, [&](std::size_t n) { return check(n), out.data(); }, type_name<std::array<T, N>>());
  } else {
    if (o.type != kind::ARRAY) mismatch<std::array<T, N>>(o);
    check(o.via.array.size);
    for (std::uint32_t i = 0; i < N; ++i) read(o.via.array.ptr[i], out[i]);
  }
}

template <numeric T>
void read_ndarray(const object& o, ndarray<T>& out) {
  if (const auto block = read_block(o)) {
    std::vector<T> data;
    block->assign_to(data);
    const auto shape = block->shape();
    out = ndarray<T>{{shape.begin(), shape.end()}, std::move(data)};
    return;
  }
  std::vector<T> data;
  read_elements<T>(
      o, [&data](std::size_t n) { return data.resize(n), data.data(); }, type_name<ndarray<T>>());
  const auto n = data.size();
  out = ndarray<T>{{n}, std::move(data)};
}

template <class Tuple, std::size_t... I>
void read_tuple(const object& o, Tuple& out, std::index_sequence<I...>) {
  if (o.type != kind::ARRAY || o.via.array.size != sizeof...(I)) mismatch<Tuple>(o);
  (read(o.via.array.ptr[I], std::get<I>(out)), ...);
}

template <class Map>
void read_map(const object& o, Map& out) {
  if (o.type != kind::MAP) mismatch<Map>(o);
  out.clear();
  for (std::uint32_t i = 0; i < o.via.map.size; ++i) {
    typename Map::key_type key{};
    read(o.via.map.ptr[i].key, key);
    read(o.via.map.ptr[i].val, out[std::move(key)]);
  }
}

template <class T, class A>
void read_vector(const object& o, std::vector<T, A>& out) {
  if constexpr (numeric<T>) {
    if (const auto block = read_block(o); block && block->rank == 1) return block->assign_to(out);
    read_elements<T>(
        o, [&out](std::size_t n) { return out.resize(n), out.data(); }, type_name<std::vector<T>>());
  } else {
    if (o.type != kind::ARRAY) mismatch<std::vector<T>>(o);
    out.clear();
    out.reserve(o.via.array.size);
    for (std::uint32_t i = 0; i < o.via.array.size; ++i) {
      T element{}; // not in place: std::vector<bool> has none
      read(o.via.array.ptr[i], element);
      out.push_back(std::move(element));
    }
  }
}

/// Containers that grow at their end or find the place themselves.
template <class Container>
void read_container(const object& o, Container& out) {
  using element = typename Container::value_type;
  out.clear();
  if constexpr (numeric<element>) {
    std::vector<element> elements;
    read_elements<element>(
        o, [&](std::size_t n) { return elements.resize(n), elements.data(); }, type_name<Container>());
    for (const auto e : elements) out.insert(out.end(), e);
  } else {
    if (o.type != kind::ARRAY) mismatch<Container>(o);
    for (std::uint32_t i = 0; i < o.via.array.size; ++i) {
      element e{};
      read(o.via.array.ptr[i], e);
      out.insert(out.end(), std::move(e));
    }
  }
}

PACTOR_INLINE value read_value(const object& o);

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

/// Types with MSGPACK_DEFINE or an adaptor of their own.
template <class T>
void read_other(const object& o, T& out) {
  try {
    o.convert(out);
  } catch (const msgpack::type_error&) {
    mismatch<T>(o);
  }
}

/// Reads any value. @throws error{signature_mismatch | bad_payload}
template <class T>
void read(const object& o, T& out) {
  if constexpr (numeric<T>)
    out = read_number<T>(o);
  else if constexpr (std::is_same_v<T, bool>) {
    if (o.type != kind::BOOLEAN) mismatch<T>(o);
    out = o.via.boolean;
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>)
    out = T{read_text(o)};
  else if constexpr (std::is_same_v<T, value>)
    out = read_value(o);
  else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::monostate>) {
    if (o.type != kind::NIL) mismatch<T>(o);
  } else if constexpr (is_a<T, std::optional>) {
    if (o.type == kind::NIL)
      out.reset();
    else
      read(o, out.emplace());
  } else if constexpr (is_a<T, ndarray>)
    read_ndarray(o, out);
  else if constexpr (has_own_pack<T>)
    read_other(o, out); // NOLINT(bugprone-branch-clone): the order of the branches matters
  else if constexpr (std::is_same_v<T, std::vector<std::byte>>)
    read_bytes(o, out);
  else if constexpr (is_std_array<T>)
    read_fixed(o, out);
  else if constexpr (is_a<T, std::pair> || is_a<T, std::tuple>)
    read_tuple(o, out, std::make_index_sequence<std::tuple_size_v<T>>{});
  else if constexpr (map_like<T>)
    read_map(o, out);
  else if constexpr (is_a<T, std::vector>)
    read_vector(o, out);
  else if constexpr (is_a<T, std::set> || is_a<T, std::unordered_set> || is_a<T, std::deque> || is_a<T, std::list>)
    read_container(o, out);
  else
    read_other(o, out);
}

#ifdef PACTOR_BODIES
PACTOR_INLINE std::string describe(const object& o) {
  switch (o.type) {
  case kind::NIL:
    return "nil";
  case kind::BOOLEAN:
    return "bool";
  case kind::POSITIVE_INTEGER:
    return o.via.u64 > INT64_MAX ? "uint64" : "int64";
  case kind::NEGATIVE_INTEGER:
    return "int64";
  case kind::FLOAT32:
    return "float";
  case kind::FLOAT64:
    return "double";
  case kind::STR:
    return "string";
  case kind::BIN:
    return "bytes";
  case kind::ARRAY:
    return sequence_type(std::span{o.via.array.ptr, o.via.array.size}, describe);
  case kind::MAP: {
    const std::span entries{o.via.map.ptr, o.via.map.size};
    return "map<" + common_type(entries, [](const msgpack::object_kv& e) { return describe(e.key); }) + "," +
           common_type(entries, [](const msgpack::object_kv& e) { return describe(e.val); }) + ">";
  }
  case kind::EXT: {
    const auto block = read_block(o);
    return block ? array_type(block->type, block->rank) : "ext";
  }
  }
  return "any";
}

PACTOR_INLINE std::string_view read_text(const object& o) {
  if (o.type != kind::STR) mismatch<std::string>(o);
  return {o.via.str.ptr, o.via.str.size};
}

PACTOR_INLINE void read_bytes(const object& o, std::vector<std::byte>& out) {
  if (o.type != kind::BIN) mismatch<std::vector<std::byte>>(o);
  const auto* data = reinterpret_cast<const std::byte*>(o.via.bin.ptr);
  out.assign(data, data + o.via.bin.size);
}

PACTOR_INLINE value read_value(const object& o) {
  switch (o.type) {
  case kind::NIL:
    return {};
  case kind::BOOLEAN:
    return o.via.boolean;
  case kind::POSITIVE_INTEGER:
    return o.via.u64;
  case kind::NEGATIVE_INTEGER:
    return o.via.i64;
  case kind::FLOAT32:
  case kind::FLOAT64:
    return o.via.f64;
  case kind::STR:
    return read_text(o);
  case kind::BIN: {
    binary b;
    read_bytes(o, b);
    return b;
  }
  case kind::ARRAY: {
    value::array a(o.via.array.size);
    for (std::uint32_t i = 0; i < o.via.array.size; ++i) a[i] = read_value(o.via.array.ptr[i]);
    return a;
  }
  case kind::MAP: {
    value::map m(o.via.map.size);
    for (std::uint32_t i = 0; i < o.via.map.size; ++i)
      m[i] = {read_value(o.via.map.ptr[i].key), read_value(o.via.map.ptr[i].val)};
    return m;
  }
  case kind::EXT:
    if (const auto block = read_block(o)) {
      const auto shape = block->shape();
      return any_array{
          block->type, {shape.begin(), shape.end()}, bytes::copy(block->data, block->count * item_size(block->type))};
    }
  }
  bad_payload("an extension type that is not known");
}
#endif

} // namespace pactor::detail
