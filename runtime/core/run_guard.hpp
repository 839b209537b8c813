#pragma once
// Which tasks of an engine are to be ended while they run, and how hard that is tried. Knows no worker and no clock.

#include "pactor/error.hpp"
#include "runtime/core/engine_core.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::core {

/// How a running task is made to end; each is harder than the one before.
enum class severity : std::uint8_t {
  ask = 1,       ///< context::cancelled() turns true
  interrupt = 2, ///< SIGINT, and the next thing of pactor's that waits or checks throws
  kill = 3,      ///< its worker dies
};

/// Requests to end tasks, and limits of their run time. When a task runs longer than its limit it is asked, after a
/// grace period interrupted, and after another one killed; a request goes as far as it says and no further. Every step
/// is told once for each task.
class run_guard {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  explicit run_guard(duration grace = std::chrono::seconds{1}) noexcept : grace_{grace} {}

  /// True while there is nothing to watch: no other call is needed then.
  [[nodiscard]] bool idle() const noexcept { return watched_.empty(); }
  /// The task may run this long, from when it starts. @pre limit > 0
  void set_limit(task_ref t, duration limit);
  /// Someone wants the task, which runs, to end. @param by who, for people: `client 3`
  void request(task_ref t, severity how, std::string by);
  /// This task runs now, or nothing does: limits count from the first time that it is told.
  void running(std::optional<task_ref> t, time_point now);
  /// The task is no more.
  void forget(task_ref t) { watched_.erase(key(t)); }

  /// What is to be done to a task now.
  struct step {
    task_ref task;
    severity how;
  };
  /// Call until there is none, after every call above and at the deadline.
  [[nodiscard]] std::optional<step> next(time_point now);
  /// When a limit or a grace period runs out next.
  [[nodiscard]] std::optional<time_point> deadline() const;

  /// Why a task was made to end.
  struct verdict {
    ec code; ///< cancelled or run_limit
    std::string what;
  };
  /// @return nothing if nothing was done to it
  [[nodiscard]] std::optional<verdict> verdict_of(task_ref t) const;

private:
  struct watched {
    duration limit{};                    // zero: none
    std::optional<time_point> next_step; // of the limit
    severity wanted{}, done{};
    std::string by; // who wanted it; "" is the limit
  };
  using task_key = std::pair<bool, std::uint64_t>;
  static task_key key(task_ref t) noexcept { return {t.directed, t.id}; }
  void escalate(watched& w, time_point now) const;

  duration grace_;
  std::map<task_key, watched> watched_;
};

/// `5 s`, `0.25 s`
[[nodiscard]] std::string seconds_text(std::chrono::nanoseconds time);

} // namespace pactor::core
