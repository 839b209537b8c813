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

/// @param args one for each parameter; in mode map, one sequence for each parameter
/// @throws error{too_large | invalid_argument}
template <encodable... Args>
slice encode_call(std::string_view job, call_mode mode, const Args&... args) {
  bytes_encoder out{call_head_size(job) + 16 + (block_bytes(args) + ... + 0)};
  write_head(out, job, mode);
  write_checked(out, std::tie(args...));
  return out.take();
}

/// The same for arguments whose number and types are known at run time only.
inline slice encode_call(std::string_view job, call_mode mode, std::span<const value> args) {
  auto expected = call_head_size(job) + 16;
  for (const auto& arg : args) expected += block_bytes(arg);
  bytes_encoder out{expected};
  write_head(out, job, mode);
  write_checked(out, args);
  return out.take();
}

} // namespace pactor::detail
