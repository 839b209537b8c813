#pragma once
// The options of `pactor px`, which the shell's `%pxconfig` and cells share.

#include "cli/executed.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pactor::cli {

using per_engine_executed = async_result<executed, shape::per_engine>;

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

/// What came of it, in target order. Waits. @param with_output also what was printed
[[nodiscard]] std::vector<execution> executions_of(const per_engine_executed& result, bool with_output,
                                                   const std::vector<saved_item>& saved);

} // namespace pactor::cli
