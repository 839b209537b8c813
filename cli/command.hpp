#pragma once
// One subcommand of `pactor`, and the table of all.

#include <CLI/CLI.hpp>

#include <functional>
#include <span>
#include <string_view>

namespace pactor::cli {

class setting;

/// What a command does once its options are parsed. Returns the exit code; throws pactor::error or exit_error.
using action = std::function<int()>;

/// One line of the table: commands.cpp has it, each command's function stands in a file of its name.
struct command {
  const char* name;
  const char* help; ///< one line, for the list of commands
  /// Adds the command's options to `app`, its own; nothing is run yet. Both outlive the action.
  action (*declare)(CLI::App& app, setting& around);
  bool in_shell = true; ///< `pactor shell` runs it itself
};

/// All commands, in the order of the help text.
[[nodiscard]] std::span<const command> commands();
/// The one of this name; null if there is none.
[[nodiscard]] const command* find_command(std::string_view name);

} // namespace pactor::cli
