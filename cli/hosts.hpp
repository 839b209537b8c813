#pragma once
// The hosts of a cluster, as `pactor start` looks after them: their nodes are started, again when they were lost, and
// ended.

#include "runtime/core/host_restarts.hpp"
#include "runtime/files/host_states.hpp"
#include "runtime/launchers/launcher.hpp"
#include "runtime/log.hpp"

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <poll.h>
#include <random>
#include <string>
#include <vector>

namespace pactor::cli {

/// One host and its node's runs.
class supervised_host {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using state = files::host_state::phase;

  /// @throws error{configuration} if there is no such launcher
  supervised_host(launchers::order what, core::restart_policy::limits restarts, log out);

  /// Starts its node, for the first time or again. Failing to is like an end of it.
  void start(const files::connection_file& connection);
  /// Takes what happened since. @param restarts  false: what ends is not started again
  void attend(time_point now, bool restarts);
  [[nodiscard]] int fd() const { return run_ && !run_->ended() ? run_->fd() : -1; }
  /// When attend() has something to do, whatever the descriptor says.
  [[nodiscard]] std::optional<time_point> due(time_point now) const;

  void stop();
  void kill();
  [[nodiscard]] bool running() const { return run_ && !run_->ended(); }
  /// Every engine of the cluster answered.
  void confirm();

  [[nodiscard]] state now() const noexcept { return state_; }
  [[nodiscard]] const launchers::order& order() const noexcept { return order_; }
  /// How its last node ended. @pre one did
  [[nodiscard]] const launchers::ending& last() const { return last_; }
  /// `lab1: permission denied`; for the only host of a cluster that names none `the node ended with exit code 1`.
  [[nodiscard]] std::string failure() const;
  [[nodiscard]] files::host_state record() const;
  /// Counts up with every change of record().
  [[nodiscard]] unsigned changes() const noexcept { return changes_; }

private:
  void connect_by(files::connection_file connection);
  void renew_connection();
  void begin();
  void became_ready();
  void ended(time_point now, bool restarts);
  void decide(time_point now);
  void become(state s);
  /// In front of what is said about it: `lab1: `, or nothing.
  [[nodiscard]] std::string prefix() const;
  [[nodiscard]] std::string engines() const;

  launchers::order order_;
  log log_;
  std::unique_ptr<launchers::launcher> launcher_;
  std::unique_ptr<launchers::run> run_;
  core::host_restarts restarts_;
  std::mt19937 chance_{std::random_device{}()};
  state state_ = state::starting;
  launchers::ending last_;
  std::optional<time_point> restart_at_;
  time_point looked_{};
  unsigned changes_ = 0;
  bool was_up_ = false, stopping_ = false;
};

/// All of them.
class hosts {
public:
  using time_point = supervised_host::time_point;

  /// @param states  file that says how they are, for `pactor status`
  hosts(std::vector<launchers::order> orders, core::restart_policy::limits restarts, const log& out,
        std::filesystem::path states);
  ~hosts();
  hosts(const hosts&) = delete;
  hosts& operator=(const hosts&) = delete;

  void start(const files::connection_file& connection);
  void attend(bool restarts);
  /// Adds what is to be watched.
  void watch(std::vector<pollfd>& entries) const;
  [[nodiscard]] std::optional<time_point> due() const;
  void stop();
  void kill();
  void confirm();

  [[nodiscard]] bool any_running() const;
  /// Each is up, or has failed.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] std::vector<const supervised_host*> failed() const;
  [[nodiscard]] bool all_given_up() const;
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  /// The numbers that their engines ask for.
  [[nodiscard]] std::vector<int> engines() const;

private:
  void write_states();
  std::deque<supervised_host> all_; // their runs know where they are
  std::filesystem::path states_;
  unsigned written_ = 0;
};

} // namespace pactor::cli
