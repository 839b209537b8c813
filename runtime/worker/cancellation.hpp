#pragma once
// What someone wants of the running task, on the worker's side: by the control page, or by SIGINT.

#include "pactor/job_abi.h"
#include "runtime/worker/control_page.hpp"

#include <csignal>
#include <cstdint>

namespace pactor::worker {

/// One a process: it handles SIGINT, which has no effect but that a running task is cancelled.
class cancellation {
public:
  /// @param fd of the control page. @throws error{system}
  explicit cancellation(int fd);
  ~cancellation();
  cancellation(const cancellation&) = delete;
  cancellation& operator=(const cancellation&) = delete;

  /// A task begins; what was meant for an earlier one is over. @return false if it was withdrawn: it must not run
  bool begin() noexcept;
  /// No task runs: a SIGINT is ignored.
  void end() noexcept;
  /// Gives jobs their view of this.
  void offer(pactor_host& host) noexcept;
  /// Code that calls MPI was loaded: this process may be needed by others, and can't be replaced by another.
  void note_mpi() noexcept { memory_.page().calls_mpi.store(1); }

  [[nodiscard]] pactor_cancellation wanted() const noexcept;
  /// Waits, at most until the task is to end.
  [[nodiscard]] pactor_cancellation sleep(std::int64_t nanoseconds) const noexcept;

private:
  control_memory memory_;
  struct sigaction before_ {};
  std::uint64_t ordinal_ = 0;
};

} // namespace pactor::worker
