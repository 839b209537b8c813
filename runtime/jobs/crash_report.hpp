#pragma once
// What a crashed worker left of its stack, as people read it.

#include <string>
#include <string_view>

namespace pactor::jobs {

struct crash_report {
  std::string function;  ///< innermost one that is no system library's: `faults::segfault()`; "" if it is not known
  std::string backtrace; ///< a line a frame, innermost first: `faults::deeper(int) (libfaults.so)`; "" if there is none
};

/// @param trace lines `file(symbol+0xoffset)[0xaddress]`, as backtrace_symbols_fd() writes them; anything else in it
/// is left out. Frames of `worker`, the program, end it.
[[nodiscard]] crash_report read_crash(std::string_view trace, std::string_view worker = "pactor-worker");

} // namespace pactor::jobs
