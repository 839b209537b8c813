#pragma once
// A short command such as `squeue`, run without waiting for it.

#include "runtime/launchers/piped_child.hpp"
#include "runtime/process/watch_set.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::launchers {

/// The absolute path of a program. @param name  in PATH, or a path @param needed_by  "Slurm", for the message
/// @throws error{system} if there is none
[[nodiscard]] std::filesystem::path find_program(const std::string& name, std::string_view needed_by);

/// A command whose output is kept, up to 256 KB of each kind. Killed if it takes longer than half a minute, and at the
/// end of the object's life.
class command {
public:
  struct result {
    int code = 0; ///< exit code, 128 + n for a signal
    std::string out, err;
    /// What it said, for a message: of standard error, else of standard output, else how it ended.
    [[nodiscard]] std::string words() const;
  };

  /// @param words  the program's path first @param watch  is readable when poll() has something; outlives this
  /// @throws error{system}
  command(std::vector<std::string> words, process::watch_set& watch);
  command(const command&) = delete;
  command& operator=(const command&) = delete;

  /// Takes what it said. @return how it ended, once it did
  [[nodiscard]] std::optional<result> poll();
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
  piped_child child_;
  result result_;
  std::chrono::steady_clock::time_point deadline_;
};

} // namespace pactor::launchers
