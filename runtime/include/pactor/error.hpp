#pragma once
// Every error of pactor: stable codes, and the exceptions that carry them.

#include "pactor/detail/compiled.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor {

/// Stable error codes: the same in C++, in the CLI's `--json` output and in messages.
enum class ec : std::uint8_t {
  unknown_job,           ///< no job of this name; the message names near ones
  signature_mismatch,    ///< the arguments or the result do not fit the job's signature; the message names both
  remote_error,          ///< the job threw
  composite_error,       ///< several tasks of one call failed
  no_engines,            ///< the view has no engine
  engine_lost,           ///< the engine's worker or node died under the task
  timeout,               ///< a wait ran out; the task goes on
  not_connected,         ///< there is no controller, or it went away
  refused,               ///< the controller refused this process's credentials or version
  aborted,               ///< the task was taken back before it started
  invalid_argument,      ///< the call makes no sense: a bad target, sequences of unequal length
  missing_variable,      ///< the engine's namespace has no such variable
  bad_payload,           ///< bytes that are no MessagePack, or beyond a decode limit
  too_large,             ///< one value of 4 GiB or more
  bad_library,           ///< a file that is no job library, or one of another job-ABI version
  configuration,         ///< a malformed configuration or connection file; the message names file and line
  incompatible_version,  ///< another protocol version
  already_running,       ///< a cluster of this profile and id runs already
  not_running,           ///< there is no such cluster
  system,                ///< the operating system refused; the message says what and why
  interrupted,           ///< the user interrupted
  cancelled,             ///< the task was ended while it ran, because someone asked for it
  run_limit,             ///< the task was ended because it ran longer than its limit
  unmet_dependency,      ///< the job said that it can't run on this engine; it is tried on others
  impossible_dependency, ///< what the task depends on can't come true any more
  invalid_dependency,    ///< the task depends on one that is not known
  task_timeout,          ///< the task waited longer than its timeout for an engine
  would_block,           ///< the cluster has as many of this client's tasks as it takes
  compile_error,         ///< code that is to run on the engines is no C++; the message shows where
};

inline constexpr std::array<std::string_view, 29> ec_names{"unknown_job",
                                                           "signature_mismatch",
                                                           "remote_error",
                                                           "composite_error",
                                                           "no_engines",
                                                           "engine_lost",
                                                           "timeout",
                                                           "not_connected",
                                                           "refused",
                                                           "aborted",
                                                           "invalid_argument",
                                                           "missing_variable",
                                                           "bad_payload",
                                                           "too_large",
                                                           "bad_library",
                                                           "configuration",
                                                           "incompatible_version",
                                                           "already_running",
                                                           "not_running",
                                                           "system",
                                                           "interrupted",
                                                           "cancelled",
                                                           "run_limit",
                                                           "unmet_dependency",
                                                           "impossible_dependency",
                                                           "invalid_dependency",
                                                           "task_timeout",
                                                           "would_block",
                                                           "compile_error"};
static_assert(ec_names.size() == static_cast<std::size_t>(ec::compile_error) + 1);

constexpr std::string_view to_string(ec code) { return ec_names[static_cast<std::size_t>(code)]; }

/// The base of every exception that pactor throws.
class error : public std::runtime_error {
public:
  error(ec code, const std::string& what) : std::runtime_error{what}, code_{code} {}
  [[nodiscard]] ec code() const noexcept { return code_; }

private:
  ec code_;
};

/// What a task that ended without a result says of its end. Travels as a MessagePack map.
struct failure {
  ec code = ec::remote_error;
  std::string type;      ///< remote_error: the exception's type, demangled; "" otherwise
  std::string what;      ///< one sentence for a person
  std::string job;       ///< the job's name
  std::string host;      ///< of the engine; "" if no engine was involved
  int engine = -1;       ///< the engine's number; -1 if none
  int pid = 0;           ///< of the worker
  int signal = 0;        ///< engine_lost: the signal that ended the worker, 0 if it exited
  int exit_code = 0;     ///< engine_lost: the worker's exit code if it exited
  std::string backtrace; ///< where there is one

  friend bool operator==(const failure&, const failure&) = default;
};

/// `[engine 3 on host: power10] std::runtime_error: what`
PACTOR_INLINE std::string render(const failure& f);

/// One task failed: its job threw (code remote_error) or could not be run.
class task_error : public error {
public:
  explicit task_error(failure f) : error{f.code, render(f)}, failure_{std::move(f)} {}
  [[nodiscard]] const failure& info() const noexcept { return failure_; }

private:
  failure failure_;
};

/// The job threw an exception of its own, or read a variable that is not there.
class remote_error : public task_error {
  using task_error::task_error;
};
/// The engine's worker or node died under the task; info() has the signal or exit code.
class engine_lost : public task_error {
  using task_error::task_error;
};
/// No job of this name on the cluster; the message names near ones.
class unknown_job : public task_error {
  using task_error::task_error;
};
/// Arguments or result do not fit; the message names both signatures.
class signature_mismatch : public task_error {
  using task_error::task_error;
};

/// The task was taken back before it started: it did not run.
class task_aborted : public task_error {
  using task_error::task_error;
};
/// The task was ended while it ran; what() says by whom.
class task_cancelled : public task_error {
  using task_error::task_error;
};
/// The task ran longer than its own limit, and was ended for it.
class run_limit_exceeded : public task_error {
  using task_error::task_error;
};

/// Code that was to run on the engine does not compile: info().what shows the line and what is wrong with it.
class compile_error : public task_error {
  using task_error::task_error;
};

namespace detail {
PACTOR_INLINE failure failure_of(ec code, const std::string& what);
} // namespace detail

/// What a job throws that can't run on this engine, for want of a device or a file, say: it is tried on others, which
/// does not count as a retry. Once no engine is left to try, the task ends with impossible_dependency.
class unmet_dependency : public task_error {
public:
  /// @param why for the caller: what this engine lacks
  explicit unmet_dependency(const std::string& why) : unmet_dependency{detail::failure_of(ec::unmet_dependency, why)} {}
  explicit unmet_dependency(failure f) : task_error{std::move(f)} {}
};
/// What the task depends on can't come true any more: the task never ran, and never will.
class impossible_dependency : public task_error {
  using task_error::task_error;
};
/// The task depends on one that is not known, or not this client's.
class invalid_dependency : public task_error {
public:
  using task_error::task_error;
  explicit invalid_dependency(const std::string& why) : task_error{detail::failure_of(ec::invalid_dependency, why)} {}
};
/// The task waited longer than its timeout for an engine, or for what it depends on: it did not run.
class task_timeout : public task_error {
  using task_error::task_error;
};

/// Several tasks of one call failed: each task's failure, in target or element order.
class composite_error : public error {
public:
  PACTOR_INLINE explicit composite_error(std::vector<failure> all);
  [[nodiscard]] const std::vector<failure>& failures() const noexcept { return failures_; }

private:
  PACTOR_INLINE static std::string text(const std::vector<failure>& all);
  std::vector<failure> failures_;
};

/// The view has no engine to run on.
class no_engines : public error {
public:
  explicit no_engines(const std::string& what) : error{ec::no_engines, what} {}
};
/// A wait ran out; the task goes on.
class timeout_error : public error {
public:
  explicit timeout_error(const std::string& what) : error{ec::timeout, what} {}
};
/// There is no controller, or it went away.
class not_connected : public error {
public:
  explicit not_connected(const std::string& what) : error{ec::not_connected, what} {}
};
/// This client has as many tasks open as it may, and is not to wait until some have ended. Nothing was sent.
class would_block : public error {
public:
  explicit would_block(const std::string& what) : error{ec::would_block, what} {}
};

/// Throws the exception that belongs to the failure's code.
[[noreturn]] PACTOR_INLINE void raise(const failure& f);

#ifdef PACTOR_BODIES
PACTOR_INLINE std::string render(const failure& f) {
  std::string text;
  if (f.engine >= 0) {
    text += "[engine " + std::to_string(f.engine);
    if (!f.host.empty()) text += " on " + f.host;
    if (!f.job.empty()) text += ": " + f.job;
    text += "] ";
  }
  if (!f.type.empty()) text += f.type + ": ";
  return text + f.what;
}

PACTOR_INLINE failure detail::failure_of(ec code, const std::string& what) {
  failure f;
  f.code = code;
  f.what = what;
  return f;
}

PACTOR_INLINE std::string composite_error::text(const std::vector<failure>& all) {
  constexpr std::size_t shown = 4; // as many as ipyparallel prints
  auto result = std::to_string(all.size()) + " tasks failed";
  for (std::size_t i = 0; i < all.size() && i < shown; ++i) result += "\n  " + render(all[i]);
  if (all.size() > shown) result += "\n  ... " + std::to_string(all.size() - shown) + " more";
  return result;
}

PACTOR_INLINE composite_error::composite_error(std::vector<failure> all)
    : error{ec::composite_error, text(all)}, failures_{std::move(all)} {}

PACTOR_INLINE void raise(const failure& f) {
  switch (f.code) {
  case ec::remote_error:
  case ec::missing_variable:
    throw remote_error{f};
  case ec::engine_lost:
    throw engine_lost{f};
  case ec::unknown_job:
    throw unknown_job{f};
  case ec::signature_mismatch:
    throw signature_mismatch{f};
  case ec::aborted:
    throw task_aborted{f};
  case ec::cancelled:
    throw task_cancelled{f};
  case ec::run_limit:
    throw run_limit_exceeded{f};
  case ec::unmet_dependency:
    throw unmet_dependency{f};
  case ec::impossible_dependency:
    throw impossible_dependency{f};
  case ec::invalid_dependency:
    throw invalid_dependency{f};
  case ec::task_timeout:
    throw task_timeout{f};
  case ec::compile_error:
    throw compile_error{f};
  case ec::no_engines:
    throw no_engines{render(f)};
  case ec::not_connected:
    throw not_connected{render(f)};
  case ec::would_block:
    throw would_block{render(f)};
  default:
    throw task_error{f};
  }
}
#endif

} // namespace pactor
