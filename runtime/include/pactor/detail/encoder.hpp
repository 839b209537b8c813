#pragma once
// The stream that values are packed into: one growing buffer that knows its own position, so that numeric arrays
// begin at multiples of 16 bytes.

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/dtype.hpp"
#include "pactor/detail/msgpack.hpp"
#include "pactor/error.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <span>

namespace pactor::detail {

static_assert(std::endian::native == std::endian::little, "numeric arrays travel as they lie in memory");

/// Grows memory for an encoder: returns a buffer of at least `wanted` bytes, its size in `capacity`, that starts
/// with the first `used` bytes of the former one. Null if there is no memory.
using grow_function = char* (*)(void* owner, std::size_t used, std::size_t wanted, std::size_t* capacity);

/// MessagePack extension type of a numeric array. Its body: u8 dtype, u8 rank, u8 lead, u8 zero, rank u64
/// dimensions, `lead` bytes so that what follows is aligned, the elements in row-major order, little endian.
inline constexpr std::int8_t block_type = 0x10;
inline constexpr std::size_t block_prefix = 4;
/// Code, u32 size, type: always the long form, so that the alignment does not depend on the size.
inline constexpr std::size_t block_header = 6;

class encoder {
public:
  encoder(void* owner, grow_function grow) noexcept : owner_{owner}, grow_{grow} {}
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;

  /// Room for `size` more bytes. @throws std::bad_alloc
  char* extend(std::size_t size) {
    if (capacity_ - used_ < size) [[unlikely]]
      reserve(size);
    auto* at = data_ + used_;
    used_ += size;
    return at;
  }
  /// What msgpack::packer writes with.
  void write(const char* data, std::size_t size) {
    if (size > 0) std::memcpy(extend(size), data, size);
  }
  /// Makes room for `size` more bytes in one step.
  void reserve(std::size_t size) {
    if (capacity_ - used_ >= size) return;
    std::size_t capacity = 0;
    auto* data = grow_(owner_, used_, used_ + size, &capacity);
    if (!data) throw std::bad_alloc{};
    data_ = data;
    capacity_ = capacity;
  }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  /// What was written so far; valid until the next write.
  [[nodiscard]] const char* data() const noexcept { return data_; }
  /// Forgets what lies behind the first `size` bytes.
  void truncate(std::size_t size) noexcept { used_ = std::min(size, used_); }

  /// Sets a byte that was extended over before.
  void patch(std::size_t offset, char byte) noexcept { data_[offset] = byte; }
  /// Puts a byte in front of everything. What was aligned is so no longer.
  void prepend(char byte) {
    extend(1);
    std::memmove(data_ + 1, data_, used_ - 1);
    data_[0] = byte;
  }

  /// A numeric array as one block. @throws error{too_large} from 4 GiB
  void write_block(dtype type, std::span<const std::size_t> shape, const void* data, std::size_t size) {
    auto* elements = open_block(type, shape, size);
    if (size > 0) std::memcpy(elements, data, size);
  }
  /// A block whose elements the caller writes. @return where, for `size` bytes; valid until the next write
  char* open_block(dtype type, std::span<const std::size_t> shape, std::size_t size) {
    const auto head = block_prefix + 8 * shape.size();
    const auto lead = (16 - (used_ + block_header + head) % 16) % 16;
    const auto body = head + lead + size;
    if (size > too_large || body > too_large) throw error{ec::too_large, "an array of 4 GiB or more"};
    auto* at = extend(block_header + body);
    const auto n = static_cast<std::uint32_t>(body);
    const char header[block_header + block_prefix] = {static_cast<char>(0xc9),    static_cast<char>(n >> 24),
                                                      static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                                                      static_cast<char>(n),       static_cast<char>(block_type),
                                                      static_cast<char>(type),    static_cast<char>(shape.size()),
                                                      static_cast<char>(lead),    0};
    std::memcpy(at, header, sizeof header);
    at += sizeof header;
    for (const std::uint64_t dimension : shape) {
      std::memcpy(at, &dimension, sizeof dimension);
      at += sizeof dimension;
    }
    std::memset(at, 0, lead);
    return at + lead;
  }

protected:
  static constexpr std::size_t too_large = std::numeric_limits<std::uint32_t>::max();
  char* data_ = nullptr;
  std::size_t used_ = 0, capacity_ = 0;

private:
  void* owner_;
  grow_function grow_;
};

/// Encodes into ref-counted bytes.
class bytes_encoder : public encoder {
public:
  explicit bytes_encoder(std::size_t expected = 240) : encoder{this, &grow} {
    if (expected > 0) reserve(expected);
  }

  /// Begins in this memory, if there is some.
  explicit bytes_encoder(bytes memory, std::size_t expected) : encoder{this, &grow}, buffer_{std::move(memory)} {
    data_ = buffer_.data();
    capacity_ = buffer_.size();
    if (expected > 0) reserve(expected);
  }

  /// Hands out what was encoded; the encoder is spent.
  [[nodiscard]] bytes take() {
    buffer_.shrink(used_);
    used_ = capacity_ = 0;
    return std::move(buffer_);
  }

private:
  static char* grow(void* owner, std::size_t used, std::size_t wanted, std::size_t* capacity) {
    auto& self = *static_cast<bytes_encoder*>(owner);
    // Doubling keeps many small writes linear; one large array should not double the memory.
    constexpr std::size_t doubling = std::size_t{1} << 24;
    *capacity = std::max(wanted, used + std::min(used, doubling));
    auto grown = bytes::allocate(*capacity);
    if (used > 0) std::memcpy(grown.data(), self.buffer_.data(), used);
    self.buffer_ = std::move(grown);
    return self.buffer_.data();
  }
  bytes buffer_;
};

/// The only packer that is ever made over an encoder, so that adaptors can get back at the stream.
class packer : public msgpack::packer<encoder> {
public:
  explicit packer(encoder& out) : msgpack::packer<encoder>{out}, out_{&out} {}
  [[nodiscard]] encoder& out() const noexcept { return *out_; }

private:
  encoder* out_;
};

} // namespace pactor::detail
