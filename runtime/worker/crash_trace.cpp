#include "runtime/worker/crash_trace.hpp"

#include "runtime/process/system_error.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

namespace pactor::worker {

namespace {

constexpr int most_frames = 48;

/// The instruction that the signal interrupted; null where that is not known.
const void* instruction(const ucontext_t* where) noexcept {
#if defined(__x86_64__)
  return where ? reinterpret_cast<const void*>(where->uc_mcontext.gregs[REG_RIP]) : nullptr; // NOLINT
#elif defined(__aarch64__)
  return where ? reinterpret_cast<const void*>(where->uc_mcontext.pc) : nullptr; // NOLINT
#else
  static_cast<void>(where);
  return nullptr;
#endif
}

} // namespace

crash_trace::crash_trace() : pid_{::getpid()} {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw process::system_failure("can't make a pipe", errno);
  const process::unique_fd read{ends[0]}, write{ends[1]};
  // Not where descriptors are that the engine gives, or a job would close first.
  constexpr int high = 10;
  read_ = process::unique_fd{::fcntl(read.get(), F_DUPFD_CLOEXEC, high)};
  write_ = process::unique_fd{::fcntl(write.get(), F_DUPFD_CLOEXEC, high)};
  if (!read_ || !write_) throw process::system_failure("can't make a pipe", errno);
  std::array<void*, 1> frame{};
  ::backtrace(frame.data(), 1); // what it loads at its first use it must not load in a handler
}

void crash_trace::introduce(output& out) const {
  const std::uint64_t nothing = 0;
  wire::record r;
  r.kind = static_cast<std::uint16_t>(link_kind::stream);
  r.id = trace_pipe;
  r.flags = wire::transferred;
  r.size = sizeof nothing;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  out.add(r, &nothing, process::unique_fd{::fcntl(read_.get(), F_DUPFD_CLOEXEC, 0)}, false,
          std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void crash_trace::write(const ucontext_t* where) const noexcept {
  if (::getpid() != pid_) return; // a process that a job forked
  std::array<void*, most_frames> frames{};
  const auto n = ::backtrace(frames.data(), most_frames);
  const auto end = frames.begin() + std::max(n, 0);
  // The handler's own frames say nothing.
  auto first = std::find(frames.begin(), end, instruction(where));
  if (first == end) first = frames.begin();
  ::backtrace_symbols_fd(&*first, static_cast<int>(end - first), write_.get());
}

} // namespace pactor::worker
