#pragma once
// Which processes belong to a test's cluster, by way of /proc.

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace pactor::test {

/// A living process; zombies are none.
struct process_info {
  pid_t pid = 0, parent = 0;
  std::vector<std::string> arguments;

  /// What it is: `start`, `controller`, `node`, ... of a pactor; `worker` of a worker; else the program's name.
  [[nodiscard]] std::string part() const;
};

/// All processes with this PACTOR_DIR in their environment but our own: everything that a cluster starts inherits it.
[[nodiscard]] std::vector<process_info> processes_of(const std::filesystem::path& pactor_dir);

/// Their names and numbers, for messages.
[[nodiscard]] std::string describe(const std::vector<process_info>& all);

/// Kills whatever has this PACTOR_DIR, and waits until nothing has.
void kill_all(const std::filesystem::path& pactor_dir);

} // namespace pactor::test
