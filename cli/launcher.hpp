#pragma once
// What `pactor start` is while the cluster runs: the supervisor of its controller and of its hosts' nodes.

#include "cli/cluster_choice.hpp"
#include "cli/exit_status.hpp"
#include "cli/hosts.hpp"
#include "cli/membership.hpp"
#include "runtime/core/restart_policy.hpp"
#include "runtime/files/config.hpp"
#include "runtime/files/pid_file.hpp"
#include "runtime/launchers/part.hpp"
#include "runtime/log.hpp"
#include "runtime/process/signals.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>

namespace pactor::cli {

struct launch_options {
  cluster_choice cluster;
  files::config config;                      ///< file and command line together; neither hosts nor engines are none
  std::chrono::milliseconds timeout{30'000}; ///< until every engine answers
  bool daemon = false;                       ///< only told in the log
};

/// Starts a cluster, keeps it running, stops it. One of a process, in its main thread: the parts die with that.
class launcher {
public:
  /// Takes the cluster's pid file and makes its credentials. Nothing runs yet.
  /// @throws error{already_running, system, configuration}
  launcher(launch_options options, log out);
  launcher(const launcher&) = delete;
  launcher& operator=(const launcher&) = delete;
  ~launcher();

  /// @param started  called once every engine answers
  /// @return the exit code after an orderly stop
  /// @throws exit_error, error if the cluster could not be started, or could not be kept running
  int run(const std::function<void()>& started);

private:
  using time_point = std::chrono::steady_clock::time_point;
  enum class event { signal, controller_ended, readable, controller_said, hosts, deadline };

  void start_all();
  void start_controller();
  void start_hosts();
  void await_engines();
  int supervise();
  void restart_controller();
  /// Plans its restart. @throws exit_error if it died too often
  void controller_died();
  void controller_said();
  void hosts_changed();
  /// Ends everything: asks, and after five seconds or at a second signal kills. @return false if a signal cut it short
  bool stop();
  [[nodiscard]] bool any_running();

  /// The next thing that happens; `fd` is watched beside signals and children.
  event wait(int fd, std::optional<time_point> deadline);
  /// Waits until `fd` is readable. @throws exit_error if a signal, a child's end or the time limit comes first
  void await_readable(int fd, const std::string& what);
  /// What happened on the hosts while the cluster starts. @throws exit_error once it is clear which have failed
  void check_hosts();
  [[noreturn]] void fail_with_controller();
  [[noreturn]] void fail_with_hosts();

  launch_options options_;
  log log_;
  process::shutdown_signals signals_;
  files::pid_file pid_file_;
  membership membership_;
  launchers::part controller_;
  hosts hosts_;
  time_point start_deadline_;
  core::restart_policy controller_restarts_;
  std::uint32_t incarnation_ = 0; ///< of the controller
  std::mt19937 chance_{std::random_device{}()};
  std::optional<time_point> controller_at_; ///< when it is started again, if it died
  std::optional<time_point> host_failed_;   ///< when the first one did, at the start
};

} // namespace pactor::cli
