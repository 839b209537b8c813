#pragma once
// Starting processes, and learning how they ended. posix_spawn, never fork: the callers have threads.

#include "runtime/process/unique_fd.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <utility>
#include <vector>

namespace pactor::process {

struct spawn_options;

/// How a process ended.
struct exit_state {
  int code = 0;             ///< exit code; 0 if a signal ended it
  int signal = 0;           ///< the signal that ended it; 0 if it exited
  bool core_dumped = false; ///< the signal left a core file

  [[nodiscard]] bool success() const noexcept { return code == 0 && signal == 0; }
  /// `exit code 3` or `signal 11 (Segmentation fault)`
  [[nodiscard]] std::string words() const;
  friend bool operator==(const exit_state&, const exit_state&) = default;
};

/// From what waitid() filled in. @pre si_code is CLD_EXITED, CLD_KILLED or CLD_DUMPED
[[nodiscard]] exit_state decode(const siginfo_t& info);

/// `signal 11 (Segmentation fault)`
[[nodiscard]] std::string signal_words(int signal);

/// A process that spawn() started. Killed and reaped at the end of the object's life unless it ended before: nothing
/// is left behind by an exception. The pidfd becomes readable when the process ends.
class child {
public:
  child() noexcept = default;
  child(pid_t pid, unique_fd pidfd) noexcept : pid_{pid}, pidfd_{std::move(pidfd)} {}
  child(child&& other) noexcept
      : pid_{std::exchange(other.pid_, 0)}, pidfd_{std::move(other.pidfd_)}, ended_{other.ended_} {}
  child& operator=(child&& other) noexcept;
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();

  /// 0 for an object without a process.
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
  [[nodiscard]] bool running() const noexcept { return pid_ > 0 && !ended_; }

  /// Never hits another process: the pidfd stays with this one. @return false if it ended already
  bool signal(int number) const noexcept;
  /// The same as sigqueue() sends it: si_code is SI_QUEUE, which tells it from everybody else's.
  bool queue(int number) const noexcept;
  /// True while a SIGSTOP or the like holds it.
  [[nodiscard]] bool stopped() const;
  /// Reaps the process if it ended; does not wait. Later calls give the same again.
  std::optional<exit_state> poll();
  /// Waits for the end. @return nothing if `limit` ran out
  std::optional<exit_state> wait_for(std::chrono::milliseconds limit);
  /// Waits for the end, however long. @throws error{system}
  exit_state wait();

private:
  friend child spawn(const spawn_options& options);
  std::optional<exit_state> reap(int flags);
  void end() noexcept;
  pid_t pid_ = 0;
  unique_fd pidfd_;
  std::optional<exit_state> ended_;
};

/// What to start, and with what.
struct spawn_options {
  std::filesystem::path executable{};                             ///< absolute, or relative to the working directory
  std::vector<std::string> arguments{};                           ///< all of argv, including argv[0]
  std::vector<std::pair<std::string, std::string>> environment{}; ///< added to, or in place of, this process's own
  std::vector<std::pair<int, int>> descriptors{};                 ///< {ours, number in the child}; numbers from 3
  std::filesystem::path output{};                                 ///< standard output and error, appended; "" inherits
  bool own_group = false;            ///< a process group of its own: the terminal's Ctrl-C does not reach it
  std::filesystem::path directory{}; ///< working directory; "" is this process's own
  int standard_input = -1;           ///< descriptor that becomes standard input; -1 is /dev/null
  int standard_output = -1;          ///< descriptors that go before `output`; -1 is that
  int standard_error = -1;
  std::vector<int> cores{}; ///< that it and its threads may run on; none: those of this thread
};

/// Starts a process. It has an empty signal mask, default handlers, and no descriptor but the standard ones and those
/// asked for. If it calls die_with_parent(), it dies with the *thread* that called
/// spawn(): call from one that lives as long as the process.
/// @throws error{system} naming the executable, or a core that is not there
[[nodiscard]] child spawn(const spawn_options& options);

/// The pidfd of any process. @return an empty one if there is no such process @throws error{system}
[[nodiscard]] unique_fd open_pidfd(pid_t pid);
/// @return false if the process ended already
bool send_signal(const unique_fd& pidfd, int number) noexcept;
/// Waits until the process of a pidfd ended. @return false if `limit` ran out
bool wait_for_end(const unique_fd& pidfd, std::chrono::milliseconds limit);

/// Has the kernel send `signal` to this process when its parent, if started by spawn(), dies. Call first thing in
/// main(). Exits at once (code 1) if the parent is gone already.
void die_with_parent(int signal);

} // namespace pactor::process
