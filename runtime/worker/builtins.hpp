#pragma once
// The jobs that every worker has without a library. Their names start with "pactor.":
//
//   pactor.ping()             the worker's pid
//   pactor.push({name: v})    sets variables, as they are encoded
//   pactor.pull(name...)      the variable if one name is given; of several, or of an array of names, an array
//   pactor.names()            the names of all variables
//   pactor.erase(name...)     removes variables that are there; the number of them
//   pactor.clear()            removes all
//   pactor.load(path...)      adds job libraries, for calls from now on; the names and signatures of their jobs
//
// Not among them is pactor.execute (executor.hpp): it is a job to capture the output of.

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/encoder.hpp"
#include "pactor/job_info.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/variables.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::worker {

/// What builtin jobs work on.
struct builtin_context {
  variables& space;
  int engine;
  /// Adds a library. @return its jobs @throws error{bad_library}
  std::function<std::vector<job_info>(const std::string& path)> load;
  /// Gives a large value that lies in a file of the engine as the result, without a copy. @return false if it can't
  std::function<bool(const detail::slice& encoded)> refer;
};

[[nodiscard]] bool is_builtin(std::string_view job);
/// The same for a task's payload; false if it is malformed.
[[nodiscard]] bool calls_builtin(const detail::slice& payload);
/// For the search of near names.
std::vector<std::string> builtin_names();

/// Runs a builtin job; the result goes to `out`. @pre is_builtin(call.job)
/// @param payload what `call` lies in
/// @throws error
void run_builtin(const wire::call_view& call, const detail::slice& payload, builtin_context& engine,
                 detail::encoder& out);

} // namespace pactor::worker
