#pragma once
// CPU time and memory of the processes of a cluster, from /proc.

#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bench {

/// Seconds of CPU that all threads of a process have used.
double cpu_seconds(pid_t pid);
/// Resident memory in MB.
double resident_mb(pid_t pid);
/// The most resident memory in MB that a process had since forget_peak(), or since its start.
double peak_mb(pid_t pid);
void forget_peak(pid_t pid);
/// Memory in MB that is its own, not shared with other processes.
double own_mb(pid_t pid);
/// Its children, of all its threads.
std::vector<pid_t> children(pid_t pid);

/// The processes of a cluster, found below its launcher.
struct cluster_processes {
  pid_t launcher = 0, controller = 0, node = 0;
  std::vector<pid_t> workers;

  static cluster_processes below(pid_t launcher);
  /// CPU seconds of controller, node, workers and this process.
  [[nodiscard]] std::map<std::string, double> cpu() const;
};

} // namespace bench
