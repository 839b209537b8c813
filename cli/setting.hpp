#pragma once
// What a command finds around it: alone in `pactor COMMAND`, one of many in `pactor shell`.

#include "cli/cluster_choice.hpp"
#include "cli/displayed.hpp"

#include "pactor/client.hpp"
#include "runtime/process/signals.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::cli {

/// What a command does unless its options say otherwise.
struct call_defaults {
  std::string targets = "all";
  bool block = true;
};

using per_engine_executed = async_result<executed, shape::per_engine>;

/// C++ that was executed, and the files of what it displayed.
struct executed_code {
  per_engine_executed result;
  saved_items saved;
};

/// The setting of a single command: it connects for itself, to the cluster that its options say.
class setting {
public:
  setting() = default;
  setting(const setting&) = delete;
  setting& operator=(const setting&) = delete;
  virtual ~setting() = default;

  /// The cluster that all commands here are about; null if each says it itself.
  [[nodiscard]] virtual const cluster_choice* cluster() const { return nullptr; }
  /// A client of the command's cluster. @param patience of the connection and of queries, if it is a new one
  /// @throws not_connected, error{not_running | refused | ...}
  [[nodiscard]] virtual client connect(const cluster_choice& cluster, std::optional<seconds> patience = {});
  /// Ctrl-C and the like, from the first call on: to be made before there is a client, whose threads leave the signals
  /// to this one then.
  [[nodiscard]] process::shutdown_signals& signals();
  [[nodiscard]] virtual call_defaults defaults() const { return {}; }
  /// How soon after the first Ctrl-C a second one kills the tasks.
  [[nodiscard]] virtual seconds kill_window() const { return no_limit; }

  /// Remembers the tasks of a command that did not wait for them.
  void left(std::vector<std::string> tasks) { left_ = std::move(tasks); }
  /// Those of the last such command here, on the cluster of now; none if there was none.
  [[nodiscard]] const std::vector<std::string>& last_left() const noexcept { return left_; }

  /// Remembers the last C++ that was executed here.
  executed_code& remember(executed_code code) { return executed_.emplace(std::move(code)); }
  /// Null if there was none.
  [[nodiscard]] executed_code* last_executed() noexcept { return executed_ ? &*executed_ : nullptr; }
  /// A signal came while a command ran; from any thread.
  void note_signal(int number) noexcept { last_signal_ = number; }
  [[nodiscard]] int last_signal() const noexcept { return last_signal_; }

private:
  std::optional<process::shutdown_signals> signals_;
  std::vector<std::string> left_;
  std::optional<executed_code> executed_;
  std::atomic<int> last_signal_{0};
};

} // namespace pactor::cli
