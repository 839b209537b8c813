#pragma once
// Running programs as a user would.

#include "runtime/process/child.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

using environment = std::vector<std::pair<std::string, std::string>>;

/// How a program ended, and what it said.
struct run_result {
  int exit_code = -1; ///< -1 if it did not end in time and was killed; 128 + signal if a signal ended it
  std::string out, err;
};

/// A program that runs beside the test; killed at the end of its life.
class background_program {
public:
  /// `argv[0]` is its path.
  explicit background_program(const std::vector<std::string>& argv, const environment& added = {});

  [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }
  [[nodiscard]] bool running() { return !child_.poll(); }
  bool signal(int number) const noexcept { return child_.signal(number); }
  /// What it wrote so far.
  [[nodiscard]] std::string out() const { return content_of(output_.path() / "out"); }
  [[nodiscard]] std::string err() const { return content_of(output_.path() / "err"); }
  /// Waits for its end; kills it if that does not come.
  run_result wait(std::chrono::milliseconds limit);

private:
  temporary_directory output_;
  process::child child_;
};

/// Runs a program to its end.
run_result run(const std::vector<std::string>& argv, const environment& added = {},
               std::chrono::milliseconds limit = std::chrono::seconds{60});

} // namespace pactor::test
