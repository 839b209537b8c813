#pragma once
// Results of calls as `pactor apply` and `pactor map` print them, and the options that both have.

#include "cli/cluster_choice.hpp"
#include "cli/json.hpp"

#include "pactor/client.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace pactor::cli {

/// What came of one engine's call or of one element.
struct entry {
  int engine = -1;
  result_or_failure<value> result;
};

/// The options of commands that run jobs.
struct call_options {
  cluster_choice cluster;
  std::string targets = "all";
  double timeout = 0; ///< seconds; 0 waits as long as it takes
  bool balanced = false;
  bool as_json = false;

  void declare(CLI::App& app);
  [[nodiscard]] client connect() const { return client{cluster.connection()}; }
  /// Waits for the result, and until then prints what the jobs print: their standard output to ours, or to standard
  /// error if ours is data. @throws timeout_error: the tasks go on
  template <class Result>
  void wait_for(const Result& result, bool prints_data) const {
    auto& out = prints_data ? std::cerr : std::cout;
    if (timeout <= 0)
      result.stream_output(out, std::cerr);
    else if (!result.stream_output(out, std::cerr, seconds{timeout}))
      throw timeout_error{result.job() + " is not done after " + json(timeout).dump() + " s; it goes on"};
  }
};

/// The words behind the job's name, in which a negative number is no option.
/// @throws exit_error (usage) for an option that does not exist
[[nodiscard]] std::vector<std::string> words_of(const CLI::App& app);

/// `[0] 1024.0` for each entry, failures to stderr. @return the exit code
int print_lines(const std::vector<entry>& entries);
/// One JSON list of the results, null for failures, which go to stderr. @return the exit code
int print_list(const std::vector<entry>& entries);
/// A JSON array with `{"engine": 0, "result": ...}` or `{"engine": 0, "error": {...}}` for each. @return the exit code
int print_json(const std::vector<entry>& entries);

} // namespace pactor::cli
