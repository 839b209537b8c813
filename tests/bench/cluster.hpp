#pragma once
// A cluster to measure, and how figures are printed.

#include "tests/bench/processes.hpp"
#include "tests/bench/sample.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>
#include <utility>

namespace bench {

inline constexpr int engines = 4;

inline void row(const std::string& what, double value, const char* unit, const std::string& more = {}) {
  std::printf("%-44s %12.3f %-8s %s\n", what.c_str(), value, unit, more.c_str());
  std::fflush(stdout);
}

inline std::string text(const char* format, double a, double b = 0, double c = 0) {
  char line[200];
  std::snprintf(line, sizeof line, format, a, b, c);
  return line;
}

/// A cluster of its own in a temporary directory, stopped at the end.
class cluster {
public:
  /// @param jobs a directory of further job libraries; "" is none
  /// @param more further arguments of `pactor start`
  explicit cluster(std::string program, std::string jobs = {}, int n = engines, std::string more = {})
      : program_{std::move(program)}, jobs_{std::move(jobs)}, more_{std::move(more)}, engines_{n} {
    directory_ = std::filesystem::temp_directory_path() / ("pactor-bench-" + std::to_string(::getpid()));
    ::setenv("PACTOR_DIR", directory_.c_str(), 1);
    start();
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;
  ~cluster() {
    if (running_) stop();
    std::filesystem::remove_all(directory_);
  }
  /// Seconds until every engine answered.
  double start() {
    const auto begin = steady::now();
    run("start --daemonize -n " + std::to_string(engines_) + (jobs_.empty() ? "" : " --jobs " + jobs_) + " " + more_);
    running_ = true;
    return seconds_since(begin);
  }
  double stop() {
    const auto begin = steady::now();
    run("stop");
    running_ = false;
    return seconds_since(begin);
  }
  [[nodiscard]] cluster_processes processes() const {
    std::ifstream in{directory_ / "profile_default/pid/pactor.pid"};
    return cluster_processes::below(nlohmann::json::parse(in).at("pid").get<pid_t>());
  }
  /// That of clients.
  [[nodiscard]] std::filesystem::path connection_file() const {
    return directory_ / "profile_default/security/pactor-client.json";
  }

private:
  void run(const std::string& arguments) const {
    if (std::system((program_ + " " + arguments + " >/dev/null 2>&1").c_str()) != 0) {
      std::fprintf(stderr, "%s %s failed\n", program_.c_str(), arguments.c_str());
      std::exit(1);
    }
  }
  std::string program_, jobs_, more_;
  int engines_;
  std::filesystem::path directory_;
  bool running_ = false;
};

} // namespace bench
