#pragma once
// A call as a task's payload: its head and its encoded arguments in one buffer.

#include "pactor/codec.hpp"
#include "pactor/detail/call.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pactor::detail {

inline void write_head(encoder& out, std::string_view job, call_mode mode) {
  if (job.size() > UINT16_MAX) throw error{ec::invalid_argument, "a job's name of 64 KiB or more"};
  write_call_head(out.extend(call_head_size(job)), job, mode);
}

/// Room for what is around the arrays of a call.
inline constexpr std::size_t encoding_slack = 64;

/// What encode_call() will take, nearly: the size of the arrays in it.
template <encodable... Args>
std::size_t call_bytes(std::string_view job, const Args&... args) {
  return call_head_size(job) + encoding_slack + (block_bytes(args) + ... + 0);
}
inline std::size_t call_bytes(std::string_view job, std::span<const value> args) {
  auto size = call_head_size(job) + encoding_slack;
  for (const auto& arg : args) size += block_bytes(arg);
  return size;
}

/// @param memory to encode into, if it is enough
/// @param args one for each parameter; in mode map, one sequence for each parameter
/// @throws error{too_large | invalid_argument}
template <class... Args>
requires(encodable<Args>&&...) slice
    encode_call_in(bytes memory, std::string_view job, call_mode mode, const Args&... args) {
  bytes_encoder out{std::move(memory), call_bytes(job, args...)};
  write_head(out, job, mode);
  write_checked(out, std::tie(args...));
  return out.take();
}
inline slice encode_call_in(bytes memory, std::string_view job, call_mode mode, std::span<const value> args) {
  bytes_encoder out{std::move(memory), call_bytes(job, args)};
  write_head(out, job, mode);
  write_checked(out, args);
  return out.take();
}

/// The same in memory of its own.
template <class... Args>
requires(encodable<Args>&&...) slice encode_call(std::string_view job, call_mode mode, const Args&... args) {
  return encode_call_in({}, job, mode, args...);
}

/// The same for arguments whose number and types are known at run time only.
inline slice encode_call(std::string_view job, call_mode mode, std::span<const value> args) {
  return encode_call_in({}, job, mode, args);
}

} // namespace pactor::detail
