#pragma once
// The signals that ask a process to end, as a descriptor; and the limits a server raises for itself.

#include "runtime/process/unique_fd.hpp"

#include <csignal>
#include <optional>

namespace pactor::process {

/// Blocks SIGINT, SIGTERM and SIGHUP and takes them from a descriptor instead. Construct before the first thread: the
/// mask is inherited, and a thread without it would die of the signal. The destructor restores the mask.
class shutdown_signals {
public:
  /// @throws error{system}
  shutdown_signals();
  shutdown_signals(const shutdown_signals&) = delete;
  shutdown_signals& operator=(const shutdown_signals&) = delete;
  ~shutdown_signals();

  /// Readable when a signal came.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// The oldest signal that came and was not taken yet; nothing if there is none. Does not wait.
  std::optional<int> take();

private:
  sigset_t before_{};
  unique_fd fd_;
};

/// Raises the soft limit of open descriptors to the hard one. Failing to is no error: there are fewer, then.
void raise_descriptor_limit() noexcept;

} // namespace pactor::process
