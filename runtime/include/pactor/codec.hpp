#pragma once
// Values to bytes and back. bool, numbers, strings, vectors, arrays, maps, tuples, pairs, optionals, ndarrays, structs
// with MSGPACK_DEFINE or MSGPACK_DEFINE_MAP, pactor::value, and whatever these nest to. Contiguous numbers travel as
// one aligned block wherever they stand, never element by element.

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/read.hpp"
#include "pactor/detail/write.hpp"

// Inside structs and containers that msgpack itself walks through, numeric arrays and values take the same way.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {

  template <class T>
  concept pactor_block = pactor::numeric<T> && !pactor::detail::byte_like<T>;

  template <class T>
  struct pactor_convert {
    const msgpack::object& operator()(const msgpack::object& o, T& v) const {
      pactor::detail::read(o, v);
      return o;
    }
  };
  template <class T>
  struct pactor_pack {
    msgpack::packer<pactor::detail::encoder>& operator()(msgpack::packer<pactor::detail::encoder>& p,
                                                         const T& v) const {
      pactor::detail::write(static_cast<pactor::detail::packer&>(p), v); // it is one: see detail::packer
      return p;
    }
  };

  template <pactor_block T, class A>
  struct convert<std::vector<T, A>> : pactor_convert<std::vector<T, A>> {};
  template <pactor_block T, class A>
  struct pack<std::vector<T, A>> : pactor_pack<std::vector<T, A>> {};
  template <pactor_block T, std::size_t N>
  struct convert<std::array<T, N>> : pactor_convert<std::array<T, N>> {};
  template <pactor_block T, std::size_t N>
  struct pack<std::array<T, N>> : pactor_pack<std::array<T, N>> {};
  template <class T>
  struct convert<pactor::ndarray<T>> : pactor_convert<pactor::ndarray<T>> {};
  template <class T>
  struct pack<pactor::ndarray<T>> : pactor_pack<pactor::ndarray<T>> {};
  template <class T>
  struct pack<pactor::ndarray_view<T>> : pactor_pack<pactor::ndarray_view<T>> {};
  template <>
  struct convert<pactor::value> : pactor_convert<pactor::value> {};
  template <>
  struct pack<pactor::value> : pactor_pack<pactor::value> {};

  } // namespace adaptor
} // MSGPACK_API_VERSION_NAMESPACE
} // namespace msgpack

namespace pactor {

/// Encodes a value. The result starts at a multiple of 16 bytes, and so do the elements of every numeric array in it.
/// @throws error{too_large} from 4 GiB on for a single value
template <encodable T>
detail::bytes encode(const T& v) {
  detail::bytes_encoder out{detail::block_bytes(v) + 64};
  detail::write_checked(out, v);
  return out.take();
}

/// Decodes a value that encode() made, or any MessagePack that fits T.
/// @throws error{bad_payload} if the bytes are malformed or beyond detail::limits
/// @throws error{signature_mismatch} if they hold something that T can't take without losing it; the message names
/// both
template <class T>
T decode(const char* data, std::size_t size) {
  const detail::message m{data, size};
  if constexpr (!std::is_void_v<T>) {
    static_assert(!std::is_same_v<T, std::string_view>, "the text would end with the payload: decode a std::string");
    T v{};
    detail::read(m.root(), v);
    return v;
  }
}
template <class T>
T decode(const detail::slice& encoded) {
  return decode<T>(encoded.data, encoded.size);
}
template <class T>
T decode(const detail::bytes& encoded) {
  return decode<T>(encoded.data(), encoded.size());
}

template <class T>
T value::as() const {
  const auto encoded = encode(*this);
  return decode<T>(encoded.data(), encoded.size());
}

} // namespace pactor
