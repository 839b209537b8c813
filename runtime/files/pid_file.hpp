#pragma once
// Which process runs a cluster. The file is locked for the life of that process, so that a running cluster is told
// from what a killed one left behind, and never by a process number that another process may have by now.

#include "runtime/process/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace pactor::files {

/// The content of a pid file.
struct pid_record {
  pid_t pid = 0;
  std::uint64_t start_time = 0; ///< of the process, clock ticks since boot: with pid it names one process for ever
  std::string host;             ///< host name: the directory may be shared between hosts
  std::string nonce;            ///< of the cluster's connection files
  std::string cluster_id;
  int engines = 0; ///< asked for; 0 for a controller without engines of its own

  /// This process, with the rest left open.
  static pid_record self();
  friend bool operator==(const pid_record&, const pid_record&) = default;
};

/// A pid file that this process holds. Removed at the end of the object's life; the lock goes with it, also when the
/// process is killed. Neither children nor forks inherit it, except through daemonize() before.
class pid_file {
public:
  /// Takes the place of a stale file. Two processes that come at once: one gets it.
  /// @throws error{already_running} naming the process that holds it, error{system}
  pid_file(std::filesystem::path path, const pid_record& record);
  pid_file(pid_file&& other) noexcept;
  pid_file& operator=(pid_file&&) = delete;
  ~pid_file();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// True if it took the place of a file that a killed cluster left.
  [[nodiscard]] bool replaced_stale() const noexcept { return replaced_stale_; }

private:
  std::filesystem::path path_;
  process::unique_fd lock_;
  bool replaced_stale_ = false;
};

/// A pid file as others see it.
struct pid_state {
  bool running = false;             ///< its process lives
  std::optional<pid_record> record; ///< nothing if the file can't be understood
};

/// Takes no lock, and so never disturbs a start at the same time. @return nothing if there is no such file
/// @throws error{system}
[[nodiscard]] std::optional<pid_state> inspect_pid_file(const std::filesystem::path& path);

} // namespace pactor::files
