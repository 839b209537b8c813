#pragma once
// Where a worker was when it crashed: written by the handler of the fatal signal into a pipe that the engine reads.

#include "runtime/process/unique_fd.hpp"
#include "runtime/worker/output.hpp"

#include <sys/types.h>
#include <ucontext.h>

namespace pactor::worker {

/// One a process.
class crash_trace {
public:
  /// @throws error{system}
  crash_trace();
  /// Sends the pipe's read end to the engine.
  void introduce(output& out) const;
  /// Writes the stack, one `file(symbol+0xoffset)[0xaddress]` a frame, innermost first. In a handler of a fatal
  /// signal: takes no memory, and does not wait. @param where what the handler got
  void write(const ucontext_t* where) const noexcept;

private:
  pid_t pid_;
  process::unique_fd read_, write_;
};

} // namespace pactor::worker
