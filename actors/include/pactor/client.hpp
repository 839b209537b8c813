#pragma once
// The user's end of a cluster: connects, and hands out the views that run jobs on it.
//
//   pactor::client c;
//   auto view = c[pactor::all];
//   std::vector<double> y = view.map_sync(power10, std::views::iota(0, 7));

#include "pactor/async_result.hpp"
#include "pactor/direct_view.hpp"
#include "pactor/error.hpp"
#include "pactor/job_descriptor.hpp"
#include "pactor/load_balanced_view.hpp"
#include "pactor/print.hpp"
#include "pactor/targets.hpp"
#include "pactor/task_id.hpp"
#include "pactor/value.hpp"
#include "pactor/wait.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pactor {

/// Tasks of one engine.
struct engine_queue {
  std::uint64_t queue = 0;   ///< wait at the engine
  std::uint64_t running = 0; ///< 0 or 1
  std::uint64_t completed = 0;
  std::uint64_t tasks = 0; ///< queue and running together
};
/// What waits and runs where.
struct queue_status {
  std::map<int, engine_queue> engines;
  std::uint64_t unassigned = 0; ///< balanced tasks that no engine has yet
};

/// A connection to a cluster. A cheap copyable handle, safe to use from any thread; the connection ends with the last
/// copy, view and async_result of it.
class client {
public:
  /// Connects to the cluster of the options' profile, or of the default one.
  /// @throws not_connected, error{refused | configuration | incompatible_version}
  explicit client(const client_options& options = {});
  /// Stands on a session that is there already.
  explicit client(std::shared_ptr<detail::session> session);

  /// Numbers of the engines, ascending; kept current by the controller.
  [[nodiscard]] std::vector<int> ids() const;
  /// How many engines there are.
  [[nodiscard]] std::size_t size() const { return ids().size(); }
  /// Waits until there are `n` engines.
  /// @throws timeout_error "9 engines not ready in 0.5 s; ready: 1", not_connected
  void wait_for_engines(std::size_t n, seconds timeout = seconds{30}) const;

  /// Every job that the cluster knows, by name.
  [[nodiscard]] std::vector<job_info> jobs() const;
  /// Sends a job library of this machine to the cluster: once to each host, and to those that join later. Every host
  /// checks that it can use it; if one can't, nothing changes. Waits until tasks that start from now on use it. A later
  /// build of the same file name takes its place.
  /// @return the names of its jobs, sorted; none if the cluster has no engines yet
  /// @throws error: bad_library, with what is in the way on each host; refused, if the cluster takes none; too_large;
  /// timeout_error: it may go on
  std::vector<std::string> import_library(const std::filesystem::path& library, seconds timeout = seconds{300}) const;
  /// What clients have sent, the latest last.
  [[nodiscard]] std::vector<shipped_library> libraries() const { return gate_->peer()->shipped_libraries(); }
  /// Has tasks from now on use a library that was sent no more. @throws error{bad_library} if there is none of this
  /// file name
  void remove_library(const std::string& file) const { gate_->peer()->remove_library(file); }
  /// The engines and what they do, the controller and where it listens.
  [[nodiscard]] cluster_status status() const;

  /// What waits and runs where. Counters of engines are up to half a second old.
  [[nodiscard]] pactor::queue_status queue_status(const targets& t = all) const;
  /// Takes back these tasks, of whichever client: those that have not started fail with task_aborted, those that run go
  /// on. @return how many of them had not ended @throws error{invalid_argument}: "x" is no task
  std::size_t abort(const std::vector<std::string>& tasks) const { return end_tasks(tasks, end_how::abort); }
  /// Ends also those that run, as hard as `how` says. @return as abort()
  std::size_t cancel(const std::vector<std::string>& tasks, end_how how = end_how::ask) const {
    return end_tasks(tasks, how);
  }
  /// What was submitted with task_options::keep, by any client.
  [[nodiscard]] task_list tasks() const { return gate_->peer()->list_tasks(); }
  /// The result of such a task, as often as it is asked for; fails with error{invalid_argument} if there is none.
  /// @throws error{invalid_argument}: "x" is no task
  template <class R = value>
  [[nodiscard]] async_result<R> get_result(const std::string& task) const {
    return async_result<R>{fetch(task)};
  }
  /// Restarts the workers of these engines, see direct_view::restart(). Throws as operator[].
  void restart(const targets& t = all) const { direct_view(t).restart(); }
  /// Ends these engines for good; a node without engines ends too. Throws as operator[].
  void shutdown(const targets& t) const { direct_view(t).shutdown(); }
  /// Starts further engines on a host that has a node. They are there when this returns, and their workers start.
  /// @return their numbers @throws error{invalid_argument} naming the hosts that there are
  std::vector<int> start_engines(const std::string& host, int n) const;
  /// Has a host leave without losing tasks: its engines get no new ones, load-balanced ones that have not started run
  /// elsewhere, all others end first; then its nodes end. Variables of its engines are lost. Waits until it is gone.
  /// @param limit after that it goes in any case: what runs then is lost, as when a host fails
  /// @return the engines that it had @throws error{invalid_argument} naming the hosts that there are
  std::vector<int> drain(const std::string& host, seconds limit = no_limit) const;
  /// The engines of a host. @throws error{invalid_argument} naming the hosts that there are
  [[nodiscard]] std::vector<int> engines_of(const std::string& host) const;
  /// Ends the whole cluster, as `pactor stop` does.
  void shutdown() const;
  /// Sends a signal to the workers of these engines, see direct_view::signal(). Throws as operator[].
  void signal(int number, const targets& t = all) const { direct_view(t).signal(number); }

  /// The engine of this number; a negative one counts from the end. Calls on it return one result, not a list.
  /// @throws error{invalid_argument} "no engine 7: the engines are 0-3"
  [[nodiscard]] engine_view operator[](int engine) const;
  /// Several engines, by any form of targets: `c[all]` stands for those of each later moment, every other form for
  /// the engines of now. Throws as above.
  [[nodiscard]] pactor::direct_view operator[](const targets& t) const { return direct_view(t); }
  [[nodiscard]] pactor::direct_view operator[](std::initializer_list<int> engines) const {
    return direct_view(targets{engines});
  }
  [[nodiscard]] pactor::direct_view direct_view(const targets& t = all) const;
  /// Throws as operator[]. Only `all` sees engines that join later.
  [[nodiscard]] pactor::load_balanced_view load_balanced_view(const targets& t = all) const;

  /// True until the controller went away or close() was called.
  [[nodiscard]] bool connected() const;
  /// Ends the connection for all copies; the cluster goes on. What had not come back fails with not_connected.
  void close() const;

private:
  std::size_t end_tasks(const std::vector<std::string>& tasks, end_how how) const;
  [[nodiscard]] std::shared_ptr<const detail::submission> fetch(const std::string& task) const;
  std::shared_ptr<detail::gateway> gate_;
};

} // namespace pactor
