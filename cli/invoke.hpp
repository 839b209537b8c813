#pragma once
// One command with its words: parsed and run, with errors as text. `pactor` and `pactor shell` share it.

#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli {

/// `; did you mean status?`, or "".
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
/// `there is no command 'x'; did you mean ...?`
[[nodiscard]] std::string no_such_command(std::string_view word, const std::vector<std::string>& known);
/// The parser's complaint about a command's words, with the option that may have been meant.
[[nodiscard]] std::string complaint(const CLI::App& command, const CLI::ParseError& e);
/// Runs it. @return the exit code; errors are told on standard error, after `name` and a colon
int perform(const std::string& name, const action& run);
/// Tells an error on standard error, in colour on a terminal: `pactor apply: ...`.
void tell(std::string_view name, std::string_view text);

} // namespace pactor::cli
