#pragma once
// What C++ gave on the engines, as `pactor px` and `pactor pxresult` print it.

#include "cli/results.hpp"

#include "pactor/executed.hpp"

#include <string>
#include <vector>

namespace pactor::cli {

/// What came of it on one engine, and what it printed, if that was not shown yet.
struct execution {
  int engine = -1;
  result_or_failure<executed> result;
  std::string out{}, err{};
  std::vector<saved_item> displayed{};
};

/// In what order the engines' output and results are printed.
enum class grouping {
  type,   ///< standard output of all, standard error of all, the results of all
  engine, ///< all of one engine, then of the next, by their numbers
  order,  ///< the same in the order of the targets
};

/// `Out[0:25]: text` for each result; what engines printed; failures to standard error, those that several engines
/// share once. @return the exit code
int print_executions(std::vector<execution> all, grouping g);
/// A JSON array with `{"engine": 0, "count": 25, "result": ..., "text": ..., "type": ...}` or
/// `{"engine": 0, "error": {...}}` for each. @return the exit code
int print_executions_json(const std::vector<execution>& all);

} // namespace pactor::cli
