#pragma once
// What `pactor` exits with: docs/cli.md documents these, scripts rely on them.

#include "pactor/error.hpp"

#include <stdexcept>
#include <string>

namespace pactor::cli {

enum class exit_status : int {
  done = 0,
  job_failed = 1, ///< a job failed, or the cluster did while it was in use
  usage = 2,      ///< the command line or a configuration file is wrong
  already_running = 10,
  nothing_to_stop = 11,
  no_cluster = 12,
  refused = 13, ///< credentials were not accepted
  timed_out = 14,
  incompatible_version = 15,
  system_refused = 16, ///< the operating system did: a port is taken, a directory can't be written
  hung_up = 129,
  interrupted = 130,
  terminated = 143,
};

constexpr int code(exit_status status) { return static_cast<int>(status); }

/// The status of what a signal ended, as shells count.
constexpr exit_status ended_by(int signal) { return static_cast<exit_status>(128 + signal); }

/// The exit status that belongs to an error.
constexpr exit_status status_of(ec error_code) {
  switch (error_code) {
  case ec::configuration:
  case ec::invalid_argument:
    return exit_status::usage;
  case ec::already_running:
    return exit_status::already_running;
  case ec::not_running:
  case ec::not_connected:
    return exit_status::no_cluster;
  case ec::refused:
    return exit_status::refused;
  case ec::timeout:
    return exit_status::timed_out;
  case ec::incompatible_version:
    return exit_status::incompatible_version;
  case ec::system:
    return exit_status::system_refused;
  case ec::interrupted:
    return exit_status::interrupted;
  default:
    return exit_status::job_failed;
  }
}

/// Ends the command with a status that is not that of an error code. An empty text prints nothing.
class exit_error : public std::runtime_error {
public:
  exit_error(exit_status status, const std::string& text) : std::runtime_error{text}, status_{status} {}
  [[nodiscard]] exit_status status() const noexcept { return status_; }

private:
  exit_status status_;
};

/// How a command ends for an exception: the one place where errors become words and exit codes.
struct verdict {
  exit_status status = exit_status::job_failed;
  std::string text; ///< "" if there is nothing to say
};

[[nodiscard]] inline verdict verdict_of(const std::exception& e) {
  if (const auto* exit = dynamic_cast<const exit_error*>(&e)) return {exit->status(), e.what()};
  if (const auto* known = dynamic_cast<const error*>(&e)) return {status_of(known->code()), e.what()};
  return {exit_status::job_failed, std::string{"unexpected error: "} + e.what()};
}

} // namespace pactor::cli
