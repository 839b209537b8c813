#pragma once
// What stands in front of the encoded arguments in a task's payload.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace pactor::detail {

/// Payloads and what lies in them begin at multiples of 16 bytes.
constexpr std::size_t padded(std::size_t size) { return (size + 15) & ~std::size_t{15}; }

enum class call_mode : std::uint8_t {
  apply = 0, ///< arguments: an array with one entry a parameter
  map = 1,   ///< arguments: an array of sequences of equal length, one a parameter; called once an element
};

struct call_view {
  std::string_view job;
  call_mode mode = call_mode::apply;
  const char* arguments = nullptr; ///< MessagePack; aligned as the payload is
  std::size_t size = 0;
};

constexpr std::size_t call_prefix = 8; ///< u16 size of the name, u8 mode, 5 bytes zero; then the name, padded to 16

/// Bytes in front of the arguments for a job of this name.
constexpr std::size_t call_head_size(std::string_view job) { return padded(call_prefix + job.size()); }

/// Writes call_head_size(job) bytes. @pre job.size() < 65536
inline void write_call_head(char* at, std::string_view job, call_mode mode) {
  std::memset(at, 0, call_head_size(job));
  const auto name_size = static_cast<std::uint16_t>(job.size());
  std::memcpy(at, &name_size, 2);
  at[2] = static_cast<char>(mode);
  if (!job.empty()) std::memcpy(at + call_prefix, job.data(), job.size());
}

/// @return nothing if the payload is malformed
inline std::optional<call_view> read_call(const char* payload, std::size_t size) {
  if (size < call_prefix) return std::nullopt;
  std::uint16_t name_size;
  std::memcpy(&name_size, payload, 2);
  const auto mode = static_cast<std::uint8_t>(payload[2]);
  const auto head = padded(call_prefix + name_size);
  if (mode > 1 || head > size) return std::nullopt;
  return call_view{{payload + call_prefix, name_size}, static_cast<call_mode>(mode), payload + head, size - head};
}

} // namespace pactor::detail
