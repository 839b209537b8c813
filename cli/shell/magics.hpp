#pragma once
// Commands that only the shell has: its targets, its ways, its end.

#include "cli/command.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli::shell {

class session;

/// One line of the table.
struct magic {
  const char* name;
  const char* usage; ///< what follows the name
  const char* help;
  int (*run)(session& s, std::string_view rest); ///< @return the exit code; throws as commands do
  /// Adds the options, if it has any, as of a command.
  action (*declare)(CLI::App& app, setting& around) = nullptr;

  /// The magic as a command with its options. @pre it has some
  [[nodiscard]] command with_options() const { return {name, help, declare}; }
};

/// The command that `pactor NAME` is, too; null if the shell has none of this name.
[[nodiscard]] const command* find_shared(std::string_view name);
/// Null if there is none of this name.
[[nodiscard]] const magic* find_magic(std::string_view name);
/// Those of all commands of the shell, sorted.
[[nodiscard]] std::vector<std::string> command_names();
/// Runs it, and prints how long that took.
int timed(const std::function<int()>& what);

} // namespace pactor::cli::shell
