#pragma once
// Results of calls as `pactor apply`, `pactor map`, `pactor pull` and others print them, and the options that they
// share.

#include "cli/cluster_choice.hpp"
#include "cli/displayed.hpp"
#include "cli/json.hpp"

#include "pactor/client.hpp"
#include "runtime/process/signals.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <iostream>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::cli {

/// What came of one engine's call or of one element.
struct entry {
  int engine = -1;
  result_or_failure<value> result;
  std::vector<saved_item> displayed{}; ///< by the task
};

/// Ends the tasks of a result when the user wants that: interrupts them at the first Ctrl-C, kills them at the next.
class interrupt_watch {
public:
  /// @pre both outlive this
  interrupt_watch(process::shutdown_signals& signals, const detail::async_result_base& result);

  [[nodiscard]] bool interrupted() const noexcept { return interrupts_ > 0; }
  /// @throws exit_error (interrupted)
  void check() const;

private:
  void run(const std::stop_token& stop);
  process::shutdown_signals& signals_;
  const detail::async_result_base& result_;
  std::atomic<int> interrupts_{0};
  std::jthread thread_; // the last to be made, the first to go
};

/// The options of commands that run jobs.
struct call_options {
  cluster_choice cluster;
  std::string targets = "all";
  double timeout = 0; ///< seconds; 0 waits as long as it takes
  double limit = 0;   ///< seconds that a task may run; 0 is without end
  std::string label;
  bool keep = false;     ///< --no-block: the result stays in the controller
  bool progress = false; ///< shown in place of what jobs print, which follows
  bool balanced = false;
  std::uint32_t retries = 0;
  double queue_timeout = 0; ///< seconds that a task may wait for an engine; 0 is without end
  int priority = 0;
  bool no_rerun = false;
  bool as_json = false;
  std::string save_to = "."; ///< directory for what jobs display

  void declare(CLI::App& app);
  /// From then on Ctrl-C is wait_for()'s affair.
  [[nodiscard]] client connect() {
    signals_.emplace(); // before there are threads, so that they leave the signals to this one
    return client{cluster.connection()};
  }
  [[nodiscard]] task_options tasks() const {
    return {.run_limit = seconds{limit},
            .label = label,
            .keep = keep,
            .retries = retries,
            .timeout = seconds{queue_timeout},
            .priority = priority,
            .idempotent = !no_rerun};
  }
  /// The same without `--balanced`: of commands that are about the engines themselves.
  void declare_direct(CLI::App& app);
  /// Waits for the result, and until then prints what the jobs print: their standard output to ours, or to standard
  /// error if ours is data. What they have displayed is saved. Ctrl-C interrupts the tasks, a second one kills them.
  /// @throws timeout_error: the tasks go on; exit_error (interrupted) once they have ended
  template <class Result>
  std::vector<saved_item> wait_for(const Result& result, bool prints_data) {
    auto& out = prints_data ? std::cerr : std::cout;
    interrupt_watch watch{*signals_, result};
    const auto patience = timeout > 0 ? seconds{timeout} : no_limit;
    bool done = false;
    if (progress) {
      done = result.wait_interactive({.timeout = patience});
      result.print_output(out, std::cerr);
    } else {
      done = result.stream_output(out, std::cerr, patience);
    }
    if (done || watch.interrupted()) result.wait();
    auto saved = save(result.displayed(), save_to, std::cerr);
    if (!done && !watch.interrupted()) late(result.job());
    watch.check();
    return saved;
  }
  /// With --no-block: prints the tasks' names once the controller has them, and does not wait.
  /// @return false without it
  template <class Result>
  [[nodiscard]] bool leave(const client& c, const Result& result) const {
    if (!keep) return false;
    for (const auto& name : result.names()) std::cout << name << '\n';
    (void)c.tasks(); // the controller has them when it has answered
    return true;
  }

private:
  /// @throws timeout_error
  [[noreturn]] void late(std::string_view job) const;

  std::optional<process::shutdown_signals> signals_;
};

/// One entry an engine, in target order; nil for what returns nothing. Waits for all.
template <class R, class Shape>
[[nodiscard]] std::vector<entry> entries_of(const async_result<R, Shape>& result) {
  const auto engines = result.engine_ids();
  auto each = result.get_or_errors();
  std::vector<entry> entries;
  entries.reserve(each.size());
  for (std::size_t i = 0; i < each.size(); ++i) {
    if constexpr (std::is_void_v<R>)
      entries.push_back(
          {engines[i], each[i] ? result_or_failure<value>{value{}} : result_or_failure<value>{each[i].error()}});
    else
      entries.push_back({engines[i], std::move(each[i])});
  }
  return entries;
}

/// The words behind the job's name, in which a negative number is no option.
/// @throws exit_error (usage) for an option that does not exist
[[nodiscard]] std::vector<std::string> words_of(const CLI::App& app);

/// `[0] 1024.0` for each entry, failures to stderr. @return the exit code
int print_lines(const std::vector<entry>& entries);
/// Failures only, to stderr: of what has no results. @return the exit code
int print_nothing(const std::vector<entry>& entries);
/// One JSON list of the results, null for failures, which go to stderr. @return the exit code
int print_list(const std::vector<entry>& entries);
/// 1 in place of 0 if something that jobs displayed could not be saved.
[[nodiscard]] int status_with(const std::vector<saved_item>& displayed, int status);
/// A JSON array with `{"engine": 0, "result": ...}` or `{"engine": 0, "error": {...}}` for each, and what it displayed
/// as `"displayed": [...]`. @return the exit code
int print_json(const std::vector<entry>& entries);

} // namespace pactor::cli
