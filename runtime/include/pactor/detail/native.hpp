#pragma once
// C++ objects in an engine's namespace, as the libraries that share them see them. Libraries are loaded apart from
// each other, so that each has type information of its own: types are the same if their names and sizes are.

#include "pactor/codec.hpp"
#include "pactor/detail/compiled.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/sink.hpp"
#include "pactor/error.hpp"
#include "pactor/job_abi.h"

#include <cstring>
#include <memory>
#include <string_view>
#include <typeinfo>

namespace pactor::detail {

template <class T>
std::int32_t encode_object(const void* object, pactor_sink* sink) noexcept {
  return into_sink(*sink, [&](encoder& out) {
    if constexpr (encodable<T>)
      write_checked(out, *static_cast<const T*>(object));
    else
      throw error{ec::signature_mismatch,
                  "an object of type " + std::string{type_name<T>()} + " has no encoding and stays on its engine"};
    return PACTOR_RESULT;
  });
}

template <class T>
pactor_native describe_native(T& object) noexcept {
  static constexpr auto name = text_of<T>; // ends with a zero
  return {sizeof(pactor_native),
          typeid(T).name(),
          name.data,
          sizeof(T),
          &object,
          [](void* o) { const std::unique_ptr<T> owner{static_cast<T*>(o)}; },
          &encode_object<T>};
}

/// Null if the object is of another type.
template <class T>
T* native_cast(const pactor_native& native) noexcept {
  const std::string_view wanted = typeid(T).name();
  // Two libraries can each have a type of their own by the same name in an anonymous namespace.
  const auto same =
      native.type == wanted.data() || (native.type == wanted && wanted.find("_GLOBAL__N_") == std::string_view::npos);
  return same && native.object_size == sizeof(T) ? static_cast<T*>(native.object) : nullptr;
}

/// @throws error{signature_mismatch} if the object can't be encoded
PACTOR_INLINE bytes encode_native(const pactor_native& native);

#ifdef PACTOR_BODIES
PACTOR_INLINE bytes encode_native(const pactor_native& native) {
  bytes_sink sink;
  if (native.encode(native.object, &sink) == PACTOR_RESULT) return sink.take();
  const auto encoded = sink.take();
  const auto f = decode_failure(encoded.data(), encoded.size());
  throw error{f.code, f.what};
}
#endif

} // namespace pactor::detail
