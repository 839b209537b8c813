#pragma once
// Whether a cluster works: asked as any client would.

#include "pactor/detail/session.hpp"
#include "runtime/process/unique_fd.hpp"

#include <chrono>
#include <exception>
#include <thread>

namespace pactor::cli {

/// Connects, waits for a number of engines, and lets each run a job. Runs in a thread of its own, so that signals and
/// the deaths of children are seen meanwhile.
class probe {
public:
  /// @throws error{system}
  probe(client_options options, int engines, std::chrono::milliseconds limit);
  probe(const probe&) = delete;
  probe& operator=(const probe&) = delete;
  /// Waits for the end, which comes soon once the controller is gone.
  ~probe();

  /// Readable when there is a result.
  [[nodiscard]] int fd() const noexcept { return done_.read.get(); }
  /// @throws what went wrong: timeout_error, not_connected, error{refused}, task_error. @pre fd() is readable
  void check();

private:
  process::pipe_ends done_;
  std::exception_ptr failure_;
  std::thread thread_;
};

} // namespace pactor::cli
