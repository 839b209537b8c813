#pragma once
// What an async_result knows of its tasks, whatever the type of the result.

#include "pactor/detail/session.hpp"
#include "pactor/distribution.hpp"
#include "pactor/value.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <iosfwd>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor {

/// A time span in seconds; every chrono duration converts to it.
using seconds = std::chrono::duration<double>;
/// A wait without an end.
inline constexpr seconds no_limit{std::numeric_limits<double>::infinity()};

/// What a wait is for.
enum class return_when : std::uint8_t {
  all_completed,   ///< every task ended
  first_exception, ///< one failed, or every one ended
  first_completed, ///< one ended
};

/// One task of a call, as far as the client knows it.
struct task_info {
  enum class state_type : std::uint8_t { pending, finished, failed };
  using time_point = std::chrono::system_clock::time_point;

  std::uint64_t id = 0; ///< the task's number, see async_result::ids()
  int engine = -1;      ///< that it ran on; -1 while pending, or if it never got to one
  std::string host{};   ///< of that engine; "" if it is not known, or is no more
  int pid = 0;          ///< of the process it ran in; 0 while pending, or if it never got to one
  state_type state = state_type::pending;
  time_point submitted;            ///< by this client
  time_point started, completed{}; ///< of the job itself, by the engine's clock; epoch while pending
  time_point received;             ///< by this client; epoch while pending
};

/// `pending`, `finished`, `failed`.
[[nodiscard]] std::string_view to_string(task_info::state_type state);

/// A value that a job published: context::publish().
struct published_value {
  std::size_t task = 0; ///< index of the task in its call
  int engine = -1;      ///< that it runs on
  std::string name;
  pactor::value value;
};

/// In what order the outputs of several tasks are printed.
enum class output_order : std::uint8_t {
  type,   ///< standard output of all tasks, then standard error of all
  engine, ///< what each engine printed, in the order of their numbers
  task,   ///< what each task printed, in target or element order
};

/// How wait_interactive() shows progress.
struct progress_options {
  seconds interval{0.1};          ///< between two looks
  seconds timeout = no_limit;     ///< of the whole wait
  std::ostream* out = nullptr;    ///< where to; null is std::cerr
  std::optional<bool> terminal{}; ///< one line that is written anew, or lines; unset: whether stderr is a terminal
  seconds line_interval{1.0};     ///< between two lines where there is no terminal
};

class any_result;
/// Which of several results were there when a wait ended, and which were not: places in the list.
struct wait_result {
  std::vector<std::size_t> done, pending;
};
/// Waits for several results, of whatever types.
wait_result wait(std::span<const any_result> results, return_when when = return_when::all_completed,
                 seconds timeout = no_limit);

namespace detail {

using deadline = std::chrono::steady_clock::time_point;
/// The moment `span` from now; without an end for spans that no clock can hold.
[[nodiscard]] deadline after(seconds span);

/// One submission: shared by all copies of its async_result.
struct submission {
  std::shared_ptr<call> tasks;
  std::shared_ptr<session> link;          ///< keeps the connection up until nobody asks for the result any more
  std::shared_ptr<const job_info> job;    ///< for errors
  std::vector<std::size_t> first_element; ///< map: of each task, and the number of all; else empty
  bool ordered = true;                    ///< iterate in the order of submission, not of arrival
  std::string subject{};                  ///< what the results are, for errors; "" is the results of the job
  /// How what the tasks give is put together again.
  pactor::distribution distribution = pactor::distribution::blocks;
  bool pieces = false; ///< each result is a part of one sequence, or an element of it

  /// Elements that task `index` stands for: 1 unless this is a map.
  [[nodiscard]] std::size_t elements(std::size_t index) const {
    return first_element.empty() ? 1 : first_element[index + 1] - first_element[index];
  }
};

/// Everything of an async_result that does not depend on the type of the result.
class async_result_base {
public:
  /// True once every task ended, well or not.
  [[nodiscard]] bool ready() const { return state_->tasks->ready(); }
  /// Waits until every task ended. Raises nothing: get() does.
  /// @return false if `timeout` ran out first; the tasks go on
  bool wait(seconds timeout) const { return state_->tasks->wait_until(after(timeout)); }
  void wait() const { state_->tasks->wait(); }
  /// Waits for less than all tasks. @return false if `timeout` ran out before
  bool wait(seconds timeout, return_when when) const;
  /// Waits and shows how far it is: on a terminal a bar with rate and remaining time, elsewhere lines.
  /// @return false if the options' timeout ran out first
  bool wait_interactive(const progress_options& options = {}) const;
  /// Waits and raises what get() would raise of the tasks, without decoding results.
  void check() const;
  /// True if every task ended with a result.
  /// @throws error{invalid_argument} if not ready
  [[nodiscard]] bool successful() const;

  /// True once one of the tasks failed, whether or not the others ended.
  [[nodiscard]] bool failed_so_far() const { return state_->tasks->failed(); }

  /// The name of the job.
  [[nodiscard]] const std::string& job() const { return state_->tasks->job(); }
  /// The tasks' numbers, as queries and the CLI name them.
  [[nodiscard]] const std::vector<std::uint64_t>& ids() const { return state_->tasks->ids; }
  /// The number of the first task.
  [[nodiscard]] std::uint64_t id() const { return ids().empty() ? 0 : ids().front(); }
  /// The engine of each task, in task order; -1 where it is not known yet.
  [[nodiscard]] std::vector<int> engine_ids() const;
  /// The engine of each result: as engine_ids(), but of a map one entry an element.
  [[nodiscard]] std::vector<int> element_engine_ids() const;
  /// Who ran what, when: each task, in target or element order.
  [[nodiscard]] std::vector<task_info> tasks() const;

  /// The tasks' names: as ids(), but unique in the cluster, for the commands and for other clients: `3.17`.
  [[nodiscard]] std::vector<std::string> names() const;

  /// Takes back the tasks that have not started: they fail with task_aborted. Those that run go on. Does not wait.
  /// @throws error{invalid_argument} if every task has ended
  void abort() const { end(end_how::abort); }
  /// Ends also those that run, as hard as `how` says: they fail with task_cancelled, unless they end with what they
  /// have. Does not wait. @throws as abort()
  void cancel(end_how how = end_how::ask) const { end(how); }

  /// Results to come: engines of an apply, elements of a map.
  [[nodiscard]] std::size_t size() const;
  /// How many of these are here; of a map, those of whole tasks.
  [[nodiscard]] std::size_t progress() const;
  /// Since submission, until now or until the last outcome came.
  [[nodiscard]] seconds elapsed() const;
  /// From submission to the last outcome. @throws timeout_error if not ready
  [[nodiscard]] seconds wall_time() const;
  /// The jobs' own times added up: serial_time() / wall_time() is the speed-up. @throws timeout_error if not ready
  [[nodiscard]] seconds serial_time() const;

  /// Prints what the tasks have printed so far, also those that failed: `[stdout:0] Hello`, with the engine's number;
  /// of several lines, the lines below that. Tasks that printed nothing are left out.
  void print_output(std::ostream& out, std::ostream& err, output_order order = output_order::type) const;
  /// The same to this program's own standard output and error.
  void display_outputs(output_order order = output_order::type) const;
  /// Waits until every task ended, and until then prints what they print, line by line as it comes:
  /// `[stdout:0] Hello`. Raises nothing of the tasks'.
  void stream_output(std::ostream& out, std::ostream& err) const;
  /// @return false if `timeout` ran out first; the tasks go on
  bool stream_output(std::ostream& out, std::ostream& err, seconds timeout) const;

  /// The pictures and files that the jobs have handed back so far (context::display()), in task order. All of them
  /// are here when their task has ended; one that is not whole then says so: displayed_item::complete().
  [[nodiscard]] std::vector<displayed_item> displayed() const;
  /// Calls `f` with each value that the tasks publish, as it comes, also with what came before; in the thread of
  /// then(), which it must not hold up. If values come faster than `f` returns, it gets the latest of each name.
  /// @return ready when all tasks have ended and `f` knows everything; raises what `f` threw, after which it is not
  /// called any more. Nothing needs to be done with it.
  std::future<void> on_published(std::function<void(const published_value&)> f) const;
  /// The same with each picture or file that the jobs hand back, once it is complete.
  std::future<void> on_displayed(std::function<void(const displayed_item&)> f) const;
  /// How many values the tasks published that are missing in data(), though no later one replaced them: this client
  /// was too slow, or keeps too much already (1 MiB a task, 256 MiB of all outputs).
  [[nodiscard]] std::uint64_t data_missed() const;

  /// `<async_result(power10): pending>`, `finished` or `failed`.
  friend std::ostream& operator<<(std::ostream& out, const async_result_base& r);

protected:
  void end(end_how how) const;
  explicit async_result_base(std::shared_ptr<const submission> state) : state_{std::move(state)} {}
  ~async_result_base() = default;
  async_result_base(const async_result_base&) = default;
  async_result_base(async_result_base&&) = default;
  async_result_base& operator=(const async_result_base&) = default;
  async_result_base& operator=(async_result_base&&) = default;

  /// @throws timeout_error "result not ready"
  void require_ready(deadline until) const;
  /// What each task has published so far.
  [[nodiscard]] std::vector<std::map<std::string, value>> published() const;
  /// What each task has printed so far to a stream.
  [[nodiscard]] std::vector<std::string> texts(text_stream s) const;
  /// Raises what failed so far, as check() does in the end. Returns if nothing did.
  void check_so_far() const;
  /// Calls `f` in the client's callback thread once every task ended. @throws std::system_error
  void when_done(std::function<void()> f) const;
  /// The task of this result, and the result's place in it.
  /// @throws error{invalid_argument} "no result 7: there are 4"
  [[nodiscard]] std::pair<std::size_t, std::size_t> locate(std::size_t index) const;
  /// get_dict(): several tasks ran on `engine`. @throws error{invalid_argument}
  [[noreturn]] void refuse_dictionary(int engine) const;

  std::shared_ptr<const submission> state_;

private:
  std::future<void> attend(audience::interest what, std::function<void(const audience::news&)> tell) const;
  bool stream_until(std::ostream& out, std::ostream& err, deadline until) const;
  friend class pactor::dependency;
  friend wait_result pactor::wait(std::span<const any_result> results, return_when when, seconds timeout);
};

} // namespace detail
} // namespace pactor
