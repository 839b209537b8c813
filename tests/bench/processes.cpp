#include "tests/bench/processes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <unistd.h>

namespace bench {

namespace {

std::string task_directory(pid_t pid) { return "/proc/" + std::to_string(pid) + "/task"; }

std::string command_line(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/cmdline"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

/// The MB behind a name in /proc/PID/status.
double status_mb(pid_t pid, std::string_view name) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  std::string word;
  double kilobytes = 0;
  while (in >> word)
    if (word == name && in >> kilobytes) break;
  return kilobytes / 1e3;
}

} // namespace

double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator{task_directory(pid), gone}) {
    std::ifstream in{task.path() / "schedstat"};
    double running = 0;
    in >> running;
    nanoseconds += running;
  }
  return nanoseconds / 1e9;
}

double resident_mb(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/statm"};
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

double peak_mb(pid_t pid) { return status_mb(pid, "VmHWM:"); }

void forget_peak(pid_t pid) { std::ofstream{"/proc/" + std::to_string(pid) + "/clear_refs"} << "5\n"; }

double own_mb(pid_t pid) { return status_mb(pid, "RssAnon:"); }

std::vector<pid_t> children(pid_t pid) {
  std::vector<pid_t> result;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator{task_directory(pid), gone}) {
    std::ifstream in{task.path() / "children"};
    for (pid_t child = 0; in >> child;) result.push_back(child);
  }
  return result;
}

cluster_processes cluster_processes::below(pid_t launcher) {
  cluster_processes p;
  p.launcher = launcher;
  for (const auto child : children(launcher)) {
    const auto line = command_line(child);
    if (line.find(" controller") != std::string::npos) p.controller = child;
    if (line.find(" node") != std::string::npos) p.node = child;
  }
  p.workers = children(p.node);
  return p;
}

std::map<std::string, double> cluster_processes::cpu() const {
  std::map<std::string, double> result;
  result["controller"] = cpu_seconds(controller);
  result["node"] = cpu_seconds(node);
  for (const auto w : workers) result["workers"] += cpu_seconds(w);
  result["client"] = cpu_seconds(::getpid());
  return result;
}

} // namespace bench
