#pragma once
// Results of calls as `pactor apply`, `pactor map`, `pactor pull` and others print them, and the options that they
// share.

#include "cli/attendant.hpp"
#include "cli/displayed.hpp"
#include "cli/json.hpp"
#include "cli/picture.hpp"
#include "cli/setting.hpp"

#include "pactor/client.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>
#include <string>
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

/// How a command waits for its tasks.
struct wait_options {
  bool prints_data = false; ///< standard output is for results: what jobs print goes to standard error
  bool streams = true;      ///< what jobs print shows as it comes
};

/// The options of commands that run jobs.
struct call_options {
  cluster_choice cluster;
  std::string targets = "all";
  seconds timeout = no_limit; ///< 0 only looks
  double limit = 0;           ///< seconds that a task may run; 0 is without end
  std::string label;
  bool keep = false;     ///< --no-block: the result stays in the controller
  bool progress = false; ///< shown in place of what jobs print, which follows
  bool balanced = false;
  std::uint32_t retries = 0;
  double queue_timeout = 0; ///< seconds that a task may wait for an engine; 0 is without end
  int priority = 0;
  bool no_rerun = false;
  bool as_json = false;
  double progress_after = 2; ///< seconds until a line on the terminal shows how far it is; negative is never
  std::string save_to = "."; ///< directory for what jobs display

  /// Adds the options. @pre both outlive this object's use
  void declare(CLI::App& app, setting& around);
  /// The same without `--balanced`: of commands that are about the engines themselves.
  void declare_direct(CLI::App& app, setting& around);
  /// Those of commands that only wait for a result.
  void declare_waiting(CLI::App& app, setting& around);
  /// --targets, after those.
  void declare_targets(CLI::App& app);

  /// From then on Ctrl-C is wait_for()'s affair.
  [[nodiscard]] client connect() const {
    (void)around_->signals();
    return around_->connect(cluster);
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
  /// Waits for the result, and until then prints what the jobs print. What they have displayed is saved. Ctrl-C
  /// interrupts the tasks, a second one kills them, as other signals do at once.
  /// @throws timeout_error: the tasks go on; exit_error with the signal's status once they have ended, or can't be
  /// reached
  template <class Result>
  std::vector<saved_item> wait_for(const client& c, const Result& result, bool prints_data) const {
    saved_items saved{save_to};
    wait_for(c, result, {.prints_data = prints_data}, saved);
    return saved.all();
  }
  /// @param saved gets what is displayed, also if this throws
  template <class Result>
  void wait_for(const client& c, const Result& result, wait_options how, saved_items& saved) const {
    attendant meanwhile{around_->signals(),
                        result,
                        {.kill_window = around_->kill_window(),
                         .progress_after = after(),
                         .note = [this](int signal) { around_->note_signal(signal); },
                         .abandon = [&c] { c.close(); }}};
    line_stream out{meanwhile.line(), how.prints_data ? std::cerr : std::cout}, err{meanwhile.line(), std::cerr};
    bool done = false;
    if (progress) {
      done = result.wait_interactive({.timeout = timeout});
      result.print_output(out, err);
    } else {
      done = how.streams ? result.stream_output(out, err, timeout) : result.wait(timeout);
    }
    if (done || meanwhile.interrupted()) result.wait();
    out.flush();
    meanwhile.line().clear();
    saved.update(result.displayed(), result.ready(), std::cerr);
    show_pictures(saved.all());
    if (!done && !meanwhile.interrupted()) late(result.job());
    meanwhile.check();
  }
  /// Waits for somebody's result, at the latest until then. A signal ends the wait only.
  /// @throws timeout_error, exit_error with the signal's status
  void await(const detail::async_result_base& result, detail::deadline until) const;
  void await(const detail::async_result_base& result) const { await(result, detail::after(timeout)); }
  /// What came of tasks that did not block, each with its engine; waits for them. @throws as await()
  template <class R>
  [[nodiscard]] std::vector<std::pair<int, result_or_failure<R>>> fetch(const client& c,
                                                                        const std::vector<std::string>& tasks) const {
    const auto until = detail::after(timeout);
    std::vector<async_result<R>> results;
    results.reserve(tasks.size());
    for (const auto& task : tasks) results.push_back(c.get_result<R>(task)); // all are on their way at once
    std::vector<std::pair<int, result_or_failure<R>>> all;
    for (const auto& r : results) {
      await(r, until);
      auto each = r.get_or_errors();
      all.emplace_back(r.engine_ids().at(0), std::move(each.at(0)));
    }
    return all;
  }
  /// With --no-block: prints the tasks' names once the controller has them, and does not wait.
  /// @return false without it
  template <class Result>
  [[nodiscard]] bool leave(const client& c, const Result& result) const {
    if (!keep) return false;
    (void)c.tasks(); // the controller has them when it has answered
    const auto names = result.names();
    around_->left(names);
    if (as_json)
      std::cout << json(names).dump() << '\n';
    else
      for (const auto& name : names) std::cout << name << '\n';
    return true;
  }

private:
  /// @throws timeout_error
  [[noreturn]] void late(const std::string& job) const;
  /// When progress is to show; wait_interactive() has its own.
  [[nodiscard]] seconds after() const { return progress || progress_after < 0 ? no_limit : seconds{progress_after}; }

  setting* around_ = nullptr;
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

/// For `--json`.
[[nodiscard]] json describe(const failure& f);
[[nodiscard]] json describe(const saved_item& item);
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
