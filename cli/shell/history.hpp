#pragma once
// What was typed, kept in a file from one session to the next.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli::shell {

/// A file with one line for each that was typed, only for its owner. Several shells may write to it.
class history {
public:
  static constexpr std::size_t most_lines = 10'000;
  static constexpr std::size_t most_bytes = std::size_t{4} << 20; ///< of the file; the oldest lines go first
  static constexpr std::size_t longest_line = std::size_t{8} << 10;

  /// Reads what is there, and shortens a file that got too long. A file that can't be used is no history.
  explicit history(std::filesystem::path file);

  /// What the file had, the oldest first.
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }
  /// Adds a line, unless it is blank, too long, or what was typed right before.
  /// @return whether it was added; that the file can't be written is no error
  bool add(std::string_view line);

private:
  std::filesystem::path file_;
  std::vector<std::string> lines_;
  std::string last_;
};

} // namespace pactor::cli::shell
