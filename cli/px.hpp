#pragma once
// The options of `pactor px`, which the shell's `%pxconfig` and cells share.

#include "cli/executed.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pactor::cli {

/// One execution of C++.
struct px_command {
  call_options call;
  std::string code, file; ///< one of them
  std::string group_outputs;
  std::optional<bool> stream;

  /// Adds the options. Of one that is given several times the last counts.
  void declare(CLI::App& app, setting& around);
  [[nodiscard]] grouping group() const;
  /// Whether output is shown as it comes: unless it is to be grouped.
  [[nodiscard]] bool streams() const;
};

/// Runs it. @return the exit code
int run_px(px_command& command, setting& around);

} // namespace pactor::cli
