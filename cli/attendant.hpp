#pragma once
// What happens while a command waits for its tasks: Ctrl-C ends them, and a line on the terminal says that it goes on.

#include "cli/status_line.hpp"

#include "pactor/client.hpp"
#include "runtime/process/signals.hpp"

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace pactor::cli {

/// The name by which users know a job: `pull` for pactor.pull, `px` for pactor.execute.
[[nodiscard]] std::string name_for_users(const std::string& job);

/// Attends to the tasks of one result until the end of its life, in a thread of its own. At the first Ctrl-C they are
/// interrupted, at the next one killed. Any other signal asks this process to end: tasks are killed, and nobody waits
/// for them any longer than that takes.
class attendant {
public:
  struct options {
    seconds kill_window = no_limit;  ///< a later Ctrl-C is a first one again
    seconds progress_after{2};       ///< how far it is, on a terminal, once it took so long; infinite is never
    bool leave = false;              ///< signals end the wait only: the tasks are somebody else's
    std::function<void(int)> note{}; ///< hears each signal, in the attendant's thread
    std::function<void()> abandon{}; ///< ends the wait for tasks that are not even killed in time
  };
  /// @pre signals and result outlive this @throws error{system}
  attendant(process::shutdown_signals& signals, const detail::async_result_base& result, options o);

  [[nodiscard]] bool interrupted() const noexcept { return signal_ != 0; }
  /// @throws exit_error with the status of the signal that came
  void check() const;
  /// What is printed meanwhile is to go through this one's streams.
  [[nodiscard]] status_line& line() noexcept { return line_; }

private:
  void run(const std::stop_token& stop);
  void take(int signal);
  void interrupt();
  void end_tasks(end_how how);
  void show_progress();

  process::shutdown_signals& signals_;
  const detail::async_result_base& result_;
  const options options_;
  status_line line_;
  std::chrono::steady_clock::time_point last_interrupt_{};
  bool interrupted_before_ = false;
  std::atomic<int> signal_{0}; ///< that came: one that ends this process, or SIGINT; 0 if none did
  process::pipe_ends wake_ = process::make_pipe();
  std::jthread thread_; // the last to be made, the first to go
};

} // namespace pactor::cli
