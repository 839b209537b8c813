#pragma once
// A process of pactor's own that another one watches: a controller or a node.

#include "runtime/process/child.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::launchers {

/// Of what a process wrote last: enough for a message with a few lines.
constexpr std::size_t last_bytes = 2000;

/// A child process, this same program with other arguments, that says on a pipe when it is ready. Its output goes to
/// a file, whose end says why it failed.
class part {
public:
  struct surroundings {
    std::filesystem::path directory{};                              ///< to work in; "" is this process's
    std::vector<std::pair<std::string, std::string>> environment{}; ///< added to this process's
    std::filesystem::path program{};                                ///< "" is this one
  };
  /// @param arguments  of `pactor`; `--ready-fd` is added
  part(std::string name, std::vector<std::string> arguments, std::filesystem::path output);
  part(std::string name, std::vector<std::string> arguments, std::filesystem::path output, surroundings around);

  /// Starts it, for the first time or again. @param more  arguments of this time @throws error{system}
  void start(const std::vector<std::string>& more = {});
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] process::child& process() noexcept { return child_; }
  [[nodiscard]] const process::child& process() const noexcept { return child_; }
  [[nodiscard]] int pidfd() const noexcept { return child_.running() ? child_.pidfd() : -1; }

  /// Readable when it said something, or closed the pipe by ending; -1 after that.
  [[nodiscard]] int ready_fd() const noexcept { return ready_.get(); }
  /// Takes what it said. @return false when the pipe ended; heard() is all of it then, too
  bool listen();
  [[nodiscard]] const std::string& heard() const noexcept { return heard_; }

  /// The last lines that it wrote since its start, for a message: "" if there are none.
  [[nodiscard]] std::string last_words() const;

private:
  std::string name_;
  std::vector<std::string> arguments_;
  std::filesystem::path output_;
  surroundings around_;
  process::child child_;
  process::unique_fd ready_;
  std::string heard_;
  std::uintmax_t output_start_ = 0;
};

} // namespace pactor::launchers
