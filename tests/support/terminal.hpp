#pragma once
// A program at a terminal, and someone who types: a real pseudo-terminal.

#include "runtime/process/unique_fd.hpp"
#include "tests/support/run.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pactor::test {

/// Runs a program in a session of its own with a terminal of 24 lines and 100 columns; killed at the end of its life.
class terminal {
public:
  /// `argv[0]` is its path.
  explicit terminal(const std::vector<std::string>& argv, const environment& added = {});
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal();

  /// As from the keyboard: "\x03" is Ctrl-C, "\x04" Ctrl-D, "\t" the tab key, "\r" the return key.
  void type(const std::string& keys) const;
  /// Waits until the program has shown this text, behind what was waited for before. Escape sequences are left out.
  /// @return whether it came
  bool shows(const std::string& text, std::chrono::milliseconds limit = std::chrono::seconds{30});
  /// Waits for a text and returns what stands before it, behind what was waited for before.
  std::string until(const std::string& text, std::chrono::milliseconds limit = std::chrono::seconds{30});
  /// What was shown and not waited for.
  [[nodiscard]] const std::string& rest() const noexcept { return screen_; }
  /// Waits for the program's end. @return its exit code, 128 + signal; -1 if it does not end
  int wait(std::chrono::milliseconds limit = std::chrono::seconds{30});

private:
  bool read_more(std::chrono::steady_clock::time_point until);
  void add(const std::string& bytes);

  pid_t pid_ = -1;
  process::unique_fd master_;
  std::string screen_, pending_; ///< an escape sequence that is not whole
};

} // namespace pactor::test
