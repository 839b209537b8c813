#include <pactor/job.hpp>

#include <cstdlib>
#include <filesystem>
#include <sched.h>
#include <string>
#include <vector>

namespace others {

/// There is one in types, too.
double distance(double a, double b) { return a > b ? a - b : b - a; }
PACTOR_JOB(distance)

/// Reads what the other library made: a long of its own.
long count(pactor::context& engine) { return engine.ref<long>("count"); }
PACTOR_JOB(count)

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? value : "";
}
PACTOR_JOB(variable)

std::string working_directory() { return std::filesystem::current_path().string(); }
PACTOR_JOB(working_directory)

/// Those that this process may run on.
std::vector<int> cores() {
  cpu_set_t set;
  std::vector<int> result;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return result;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) result.push_back(i);
  return result;
}
PACTOR_JOB(cores)

} // namespace others
