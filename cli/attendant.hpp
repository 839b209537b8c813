#pragma once
// What happens while a command waits for its tasks: Ctrl-C ends them, and a line on the terminal says that it goes on.

#include "cli/status_line.hpp"

#include "pactor/client.hpp"
#include "runtime/process/signals.hpp"

#include <atomic>
#include <stop_token>
#include <thread>

namespace pactor::cli {

/// Attends to the tasks of one result until the end of its life, in a thread of its own. At the first Ctrl-C they are
/// interrupted, at the next one killed.
class attendant {
public:
  struct options {
    seconds kill_window = no_limit; ///< a later Ctrl-C is a first one again
    seconds progress_after{2};      ///< how far it is, on a terminal, once it took so long; infinite is never
    bool leave = false;             ///< Ctrl-C ends the wait only: the tasks are somebody else's
  };
  /// @pre signals and result outlive this @throws error{system}
  attendant(process::shutdown_signals& signals, const detail::async_result_base& result, options o);

  [[nodiscard]] bool interrupted() const noexcept { return interrupts_ > 0; }
  /// The last signal that came; 0 if none did.
  [[nodiscard]] int signal() const noexcept { return signal_; }
  /// @throws exit_error (interrupted)
  void check() const;
  /// What is printed meanwhile is to go through this one's streams.
  [[nodiscard]] status_line& line() noexcept { return line_; }

private:
  void run(const std::stop_token& stop);
  void interrupt(int signal);
  void show_progress();

  process::shutdown_signals& signals_;
  const detail::async_result_base& result_;
  const options options_;
  status_line line_;
  std::chrono::steady_clock::time_point last_interrupt_{};
  std::atomic<int> interrupts_{0}, signal_{0};
  process::pipe_ends wake_ = process::make_pipe();
  std::jthread thread_; // the last to be made, the first to go
};

} // namespace pactor::cli
