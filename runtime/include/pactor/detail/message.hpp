#pragma once
// From bytes to MessagePack objects, never trusting the bytes: everything is measured against the limits and the
// buffer before msgpack allocates anything.

#include "pactor/detail/encoder.hpp"
#include "pactor/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace pactor::detail {

/// What a payload may hold. An array or a map has at least one byte an element, so the memory that decoding takes is
/// bounded by the payload's size; strings, binaries and blocks stay where they are.
struct decode_limits {
  std::size_t depth = 100;             ///< nested arrays and maps
  std::uint32_t array = 1u << 28;      ///< elements of one array; longer numeric ones travel as blocks
  std::uint32_t map = 1u << 26;        ///< entries of one map
  std::uint32_t text = UINT32_MAX - 1; ///< bytes of one string, binary or ext
};
inline constexpr decode_limits limits{};

[[noreturn]] PACTOR_INLINE void bad_payload(const std::string& what);

/// Walks over encoded values without building anything.
class scanner {
public:
  scanner(const char* data, std::size_t size) noexcept : data_{data}, end_{data + size} {}

  /// Size of the value that begins the buffer. @throws error{bad_payload}
  static std::size_t first(const char* data, std::size_t size) {
    scanner s{data, size};
    s.skip();
    return static_cast<std::size_t>(s.data_ - data);
  }

  [[nodiscard]] const char* position() const noexcept { return data_; }
  [[nodiscard]] bool at_end() const noexcept { return data_ == end_; }

  /// Enters an array or map. @return its entries @throws error{bad_payload} if the next value is something else
  std::uint32_t enter_array() { return enter(false); }
  std::uint32_t enter_map() { return enter(true); }

  /// Passes over one value.
  void skip() {
    // Values still to come at each level; the sum of them never exceeds the bytes that are left.
    std::array<std::uint64_t, limits.depth + 1> pending;
    std::size_t depth = 0;
    std::uint64_t total = 1;
    pending[0] = 1;
    for (;;) {
      const auto children = next();
      total += children - 1;
      if (total > left()) bad_payload("it ends too early");
      --pending[depth];
      if (children > 0) {
        if (depth == limits.depth) bad_payload("more than " + std::to_string(limits.depth) + " levels");
        pending[++depth] = children;
      }
      while (pending[depth] == 0) {
        if (depth == 0) return;
        --depth;
      }
    }
  }

private:
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - data_); }

  std::uint64_t number(std::size_t size) {
    if (left() < size) bad_payload("it ends too early");
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < size; ++i) n = n << 8 | static_cast<unsigned char>(*data_++);
    return n;
  }
  std::uint64_t pass(std::uint64_t size) {
    if (size > limits.text) bad_payload("a text beyond the limit");
    if (left() < size) bad_payload("it ends too early");
    data_ += size;
    return 0;
  }
  static std::uint64_t elements(std::uint64_t n) {
    if (n > limits.array) bad_payload("an array of " + std::to_string(n) + " elements");
    return n;
  }
  static std::uint64_t entries(std::uint64_t n) {
    if (n > limits.map) bad_payload("a map of " + std::to_string(n) + " entries");
    return 2 * n;
  }

  /// Passes over one value's head, and its body if it is no array or map. @return the values inside that follow
  std::uint64_t next() {
    const auto code = static_cast<unsigned>(number(1));
    if (code <= 0x7f || code >= 0xe0) return 0;
    if (code <= 0x8f) return entries(code & 0x0f);
    if (code <= 0x9f) return elements(code & 0x0f);
    if (code <= 0xbf) return pass(code & 0x1f);
    switch (code) {
    case 0xc0: // nil, false, true
    case 0xc2:
    case 0xc3:
      return 0;
    case 0xc4: // bin
    case 0xc5:
    case 0xc6:
      return pass(number(std::size_t{1} << (code - 0xc4)));
    case 0xc7: // ext: the type byte is not counted in the size
    case 0xc8:
    case 0xc9:
      return pass(number(std::size_t{1} << (code - 0xc7))), pass(1);
    case 0xca:
      return pass(4);
    case 0xcb:
      return pass(8);
    case 0xcc: // uint, int
    case 0xcd:
    case 0xce:
    case 0xcf:
      return pass(std::uint64_t{1} << (code - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return pass(std::uint64_t{1} << (code - 0xd0));
    case 0xd4: // fixext
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return pass((std::uint64_t{1} << (code - 0xd4)) + 1);
    case 0xd9: // str
    case 0xda:
    case 0xdb:
      return pass(number(std::size_t{1} << (code - 0xd9)));
    case 0xdc:
    case 0xdd:
      return elements(number(std::size_t{2} << (code - 0xdc)));
    case 0xde:
    case 0xdf:
      return entries(number(std::size_t{2} << (code - 0xde)));
    default:
      bad_payload("a byte that begins no value");
    }
  }

  std::uint32_t enter(bool map) {
    if (left() == 0) bad_payload("it ends too early");
    const auto code = static_cast<unsigned char>(*data_);
    const auto is = map ? (code & 0xf0) == 0x80 || code == 0xde || code == 0xdf
                        : (code & 0xf0) == 0x90 || code == 0xdc || code == 0xdd;
    if (!is) bad_payload(map ? "no map where one must be" : "no array where one must be");
    return static_cast<std::uint32_t>(map ? next() / 2 : next());
  }

  const char* data_;
  const char* end_;
};

/// Encoded bytes as a tree of msgpack objects, whose strings and blocks stay in the buffer.
class message {
public:
  /// @throws error{bad_payload} if the bytes are not exactly one value within the limits
  PACTOR_INLINE message(const char* data, std::size_t size);
  message(const message&) = delete;
  message& operator=(const message&) = delete;

  [[nodiscard]] const msgpack::object& root() const noexcept { return root_; }

private:
  static constexpr std::size_t zone_chunk = 960; // small enough for malloc's fast path
  msgpack::zone zone_;
  msgpack::object root_;
};

#ifdef PACTOR_BODIES
PACTOR_INLINE void bad_payload(const std::string& what) { throw error{ec::bad_payload, "malformed payload: " + what}; }

PACTOR_INLINE message::message(const char* data, std::size_t size) : zone_{zone_chunk} {
  if (scanner::first(data, size) != size) bad_payload("bytes behind its end");
  const auto in_place = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  const msgpack::unpack_limit most{limits.array,    limits.map, limits.text, limits.text, std::size_t{limits.text} + 1,
                                   limits.depth + 1};
  bool referenced = false;
  std::size_t offset = 0;
  try {
    root_ = msgpack::unpack(zone_, data, size, offset, referenced, in_place, nullptr, most);
  } catch (const msgpack::unpack_error& e) {
    bad_payload(e.what());
  }
}
#endif

} // namespace pactor::detail
