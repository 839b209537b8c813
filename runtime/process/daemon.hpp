#pragma once
// Going into the background without losing the caller's answer: the command returns when the daemon stands, or with
// its error.

#include "runtime/process/unique_fd.hpp"

#include <filesystem>
#include <string_view>

namespace pactor::process {

/// The daemon's line to the command that started it. Without a word by the end of its life, the command reports that
/// the daemon died.
class daemon_line {
public:
  /// An empty line: a process that was not daemonized. What is reported goes nowhere.
  daemon_line() = default;
  explicit daemon_line(unique_fd to_starter) : to_starter_{std::move(to_starter)} {}

  /// Ends the waiting command: it writes `text`, if any, to its standard error and exits with `code`. The first
  /// report counts.
  void report(int code, std::string_view text);

private:
  unique_fd to_starter_;
};

/// Forks into the background, in a session of its own, with /dev/null as input and `output` (appended, 0600) as output
/// and error. Returns in the daemon only: the calling process waits for the report and exits. @pre no other thread
/// @throws error{system}
[[nodiscard]] daemon_line daemonize(const std::filesystem::path& output);

} // namespace pactor::process
