#pragma once
// Failures, and the outcome of a map some of whose elements failed, as they travel.

#include "pactor/codec.hpp"
#include "pactor/detail/compiled.hpp"
#include "pactor/error.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::detail {

/// A failure is a map with its fields' names, those with no content left out, so that later versions can add some.
PACTOR_INLINE void write_failure(encoder& out, const failure& f);

PACTOR_INLINE bytes encode_failure(const failure& f);

PACTOR_INLINE failure read_failure(const object& o);

/// @throws error{bad_payload | signature_mismatch}
PACTOR_INLINE failure decode_failure(const char* data, std::size_t size);
inline failure decode_failure(const slice& encoded) { return decode_failure(encoded.data, encoded.size); }

/// A map call of which some elements failed: the results of the others in their order, and for each that failed its
/// index in the call and why.
template <class T>
struct partial {
  std::vector<T> successes;
  std::vector<std::pair<std::size_t, failure>> failures;
};

/// The second part of a partial outcome, `[[index, failure], ...]`.
PACTOR_INLINE void write_failures(encoder& out, std::span<const std::pair<std::size_t, failure>> failures);

/// @param successes anything that encodes as a sequence
template <class Sequence>
bytes encode_partial(const Sequence& successes, std::span<const std::pair<std::size_t, failure>> failures) {
  bytes_encoder out;
  packer p{out};
  p.pack_array(2);
  write_checked(out, successes);
  write_failures(out, failures);
  return out.take();
}

/// Reads a partial outcome whose elements are of type T. @throws error{bad_payload | signature_mismatch}
template <class T>
partial<T> decode_partial(const char* data, std::size_t size) {
  const message m{data, size};
  const auto& o = m.root();
  if (o.type != kind::ARRAY || o.via.array.size != 2 || o.via.array.ptr[1].type != kind::ARRAY)
    bad_payload("a partial outcome of another form");
  partial<T> result;
  read(o.via.array.ptr[0], result.successes);
  const auto& failures = o.via.array.ptr[1].via.array;
  for (const auto& entry : std::span{failures.ptr, failures.size}) {
    if (entry.type != kind::ARRAY || entry.via.array.size != 2) bad_payload("a partial outcome of another form");
    result.failures.emplace_back(read_number<std::size_t>(entry.via.array.ptr[0]),
                                 read_failure(entry.via.array.ptr[1]));
  }
  return result;
}
template <class T>
partial<T> decode_partial(const slice& encoded) {
  return decode_partial<T>(encoded.data, encoded.size);
}

#ifdef PACTOR_BODIES
PACTOR_INLINE void write_failure(encoder& out, const failure& f) {
  packer p{out};
  const auto text = [&p](std::string_view key, std::string_view v) {
    if (v.empty()) return 0;
    write_string(p, key);
    write_string(p, v);
    return 1;
  };
  const auto number = [&p](std::string_view key, std::int64_t v, std::int64_t absent) {
    if (v == absent) return 0;
    write_string(p, key);
    p.pack_int64(v);
    return 1;
  };
  const auto head = out.size();
  out.extend(1);
  const int fields = text("code", to_string(f.code)) + text("type", f.type) + text("what", f.what) +
                     text("job", f.job) + text("host", f.host) + number("engine", f.engine, -1) +
                     number("pid", f.pid, 0) + number("signal", f.signal, 0) + number("exit_code", f.exit_code, 0) +
                     text("backtrace", f.backtrace);
  out.patch(head, static_cast<char>(0x80 | fields)); // at most ten fields: a fixmap holds fifteen
}

PACTOR_INLINE bytes encode_failure(const failure& f) {
  bytes_encoder out;
  write_failure(out, f);
  return out.take();
}

PACTOR_INLINE failure read_failure(const object& o) {
  if (o.type != kind::MAP) bad_payload("a failure that is no map");
  failure f;
  for (const auto& field : std::span{o.via.map.ptr, o.via.map.size}) {
    const auto key = read_text(field.key);
    if (key == "code") {
      const auto* const name = std::find(ec_names.begin(), ec_names.end(), read_text(field.val));
      if (name != ec_names.end()) f.code = static_cast<ec>(name - ec_names.begin());
    } else if (key == "type")
      read(field.val, f.type);
    else if (key == "what")
      read(field.val, f.what);
    else if (key == "job")
      read(field.val, f.job);
    else if (key == "host")
      read(field.val, f.host);
    else if (key == "engine")
      read(field.val, f.engine);
    else if (key == "pid")
      read(field.val, f.pid);
    else if (key == "signal")
      read(field.val, f.signal);
    else if (key == "exit_code")
      read(field.val, f.exit_code);
    else if (key == "backtrace")
      read(field.val, f.backtrace);
  }
  return f;
}

PACTOR_INLINE failure decode_failure(const char* data, std::size_t size) {
  const message m{data, size};
  return read_failure(m.root());
}

PACTOR_INLINE void write_failures(encoder& out, std::span<const std::pair<std::size_t, failure>> failures) {
  packer p{out};
  p.pack_array(checked_size(failures.size()));
  for (const auto& [index, f] : failures) {
    p.pack_array(2);
    p.pack_uint64(index);
    write_failure(out, f);
  }
}
#endif

} // namespace pactor::detail
