#pragma once
// The engine's side of what a worker's jobs print.

#include "runtime/process/unique_fd.hpp"
#include "runtime/wire/records.hpp"

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace pactor {

/// The pipes that a worker has as standard output and error, and the last that the running task said there. The
/// worker reads them itself, as long as it lives. I/O thread only.
class printed_text {
public:
  /// A new worker.
  void restart();
  /// The read end of one of its pipes; ignored if it is none.
  void add_pipe(const wire::record& r, process::unique_fd fd);
  /// The running task printed.
  void note(const wire::record& r, std::string_view text);
  /// It has ended.
  void forget() { last_errors_.clear(); }
  /// The worker is gone: calls f(record, text) with what it left in its pipes. The records have no id.
  void drain(const std::function<void(const wire::record&, std::string_view)>& f);
  /// The last lines that the running task wrote to standard error, 1 KiB at most; "" if none.
  [[nodiscard]] std::string last_errors() const;

  /// The read end of the pipe in which a crash leaves its stack.
  void add_trace(process::unique_fd fd);
  /// What a dead worker left there; "" if nothing.
  [[nodiscard]] std::string take_trace();

private:
  std::array<process::unique_fd, 2> pipes_;
  std::string last_errors_;
  process::unique_fd trace_;
};

} // namespace pactor
