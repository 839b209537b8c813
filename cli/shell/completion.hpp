#pragma once
// What the word at the cursor may become.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli::shell {

/// What fits the word at the cursor.
struct completion {
  std::vector<std::string> names{}; ///< sorted, each once; they begin with what is typed
  std::size_t typed = 0;            ///< bytes of the word that stand there already
  bool whole = true;                ///< a blank may follow a name that is the only one
};

/// Where names come from. Each may be slow, and is asked only if it is needed.
struct name_sources {
  using names = std::vector<std::string>;
  std::function<names()> commands;                          ///< without percent signs
  std::function<names(const std::string& command)> options; ///< `--targets`, ...
  std::function<names()> jobs, variables, tasks;
  std::function<names()> targets;     ///< `all`, `0`, `::2`, ...
  std::function<names()> identifiers; ///< of C++ that was typed before
};

/// What a line may be.
enum class line_kind {
  any,     ///< C++, or a command with a percent sign
  command, ///< a command, with or without one
  code,    ///< C++: no command begins in it
};

/// @param line up to the cursor
[[nodiscard]] completion complete(std::string_view line, line_kind kind, const name_sources& from);

/// The files and directories whose path begins with `path`, directories with a slash behind.
[[nodiscard]] std::vector<std::string> files_beginning(const std::string& path);
/// The longest text that all begin with, in whole UTF-8 characters. @pre names is not empty
[[nodiscard]] std::string common_beginning(const std::vector<std::string>& names);

} // namespace pactor::cli::shell
