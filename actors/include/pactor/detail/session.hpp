#pragma once
// The seam between the views (templates, in the user's program) and the client actor (CAF, in the library): plain
// bytes and numbers, no CAF, no MessagePack.

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/callback_thread.hpp"
#include "pactor/detail/task_output.hpp"
#include "pactor/error.hpp"
#include "pactor/job_info.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::core {
class watch_time;
}

namespace pactor {

/// Where a client finds its cluster.
struct client_options {
  std::string profile = "default";
  std::string cluster_id{};                  ///< "" is the profile's default cluster
  std::string connection_file{};             ///< overrides profile and cluster_id
  std::chrono::milliseconds timeout{10'000}; ///< of the connection itself, and of every query
  /// Tasks that may be open at a time, and bytes of their arguments; 0 is any number. Who submits more waits until some
  /// have ended; a callback, which must not wait, gets would_block.
  std::size_t max_pending = 1'000'000, max_pending_bytes = std::size_t{1} << 30;
  bool wait_for_room = true; ///< false: would_block in place of that wait, in every thread; nothing is sent then
  /// How long it waits for a controller that died or is out of reach; everything goes on when it is back, and fails
  /// with not_connected when it is not. 0: fails at once.
  std::chrono::milliseconds reconnect{30'000};
  bool shared_memory = true; ///< large payloads to and from engines of this host go by memory files, not the controller
};

/// One engine as the hub knows it.
struct engine_info {
  int id = -1;
  std::string host;
  int pid = 0;              ///< of the worker
  std::string state;        ///< "idle", "busy", "restarting", "given up", "draining": its host leaves
  std::uint64_t queued = 0; ///< tasks at the engine that have not ended
  std::uint64_t completed = 0;
  std::uint32_t restarts = 0;
  std::string last_loss; ///< why its worker died last; "" if it never did
};

/// What `pactor status` shows.
struct cluster_status {
  std::string cluster_id;
  std::string version;
  std::string address; ///< host:port of the controller
  int controller_pid = 0;
  std::vector<engine_info> engines;
  std::uint32_t clients = 0;
  std::uint64_t unassigned = 0;          ///< balanced tasks that no engine has yet
  std::uint32_t controller_restarts = 0; ///< since the start of the cluster
};

/// What is done with tasks that are to end. Those that have not started never do; of those that run, each way is harder
/// than the one before.
enum class end_how : std::uint8_t {
  abort = 0,     ///< those that run go on
  ask = 1,       ///< context::cancelled() turns true, and what of pactor's the job waits in throws pactor::interrupted
  interrupt = 2, ///< the same, and SIGINT: system calls that the job waits in return
  kill = 3,      ///< the engine's worker dies, with the variables; the engine gets a new one
};

class any_result;
namespace detail {
class call;
class session;
} // namespace detail

/// Tasks that another one depends on: `.after = {first, second}`, where these are results of whatever types. All tasks
/// of each count.
class dependency {
public:
  /// Which of their outcomes it takes.
  struct condition {
    bool all = true;      ///< of every one of them, or of one at least
    bool success = true;  ///< a result counts
    bool failure = false; ///< an error counts
    friend bool operator==(const condition&, const condition&) = default;
  };

  dependency() = default;
  dependency(std::initializer_list<any_result> results);
  /// @throws error{invalid_argument} if neither success nor failure counts
  dependency(std::initializer_list<any_result> results, condition when);

  [[nodiscard]] bool empty() const noexcept { return calls_.empty(); }
  [[nodiscard]] const std::vector<std::shared_ptr<const detail::call>>& calls() const noexcept { return calls_; }
  [[nodiscard]] const condition& when() const noexcept { return when_; }
  /// @throws invalid_dependency if one of the results is another client's
  void require(const std::shared_ptr<const detail::session>& client) const;
  friend bool operator==(const dependency& a, const dependency& b) {
    return a.calls_ == b.calls_ && a.when_ == b.when_;
  }

private:
  std::vector<std::shared_ptr<const detail::call>> calls_;
  std::vector<std::weak_ptr<const detail::session>> clients_; ///< of each call
  condition when_;
};

/// Options of a task, beside what it is to do. The first three are for both kinds of views, the others for
/// load-balanced ones: a direct view refuses them, but for `idempotent`, since it never runs a task twice anyway.
struct task_options {
  /// How long it may run; 0 is as long as it likes. Beyond that it is asked to end, then interrupted, then killed, a
  /// second apart, and fails with run_limit_exceeded.
  std::chrono::duration<double> run_limit{0};
  std::string label{}; ///< for people: shown where tasks are listed; at most 200 bytes
  bool keep = false;   ///< its outcome stays in the controller, for other clients: see client::get_result()

  /// How often it runs again after an error of its own, on other engines where there are some; at most 1,000,000.
  std::uint32_t retries = 0;
  /// How long it may wait for an engine, dependencies included; 0 is as long as it takes. Fails with task_timeout.
  std::chrono::duration<double> timeout{0};
  int priority = 0;       ///< higher ones go first, -100 to 100
  bool idempotent = true; ///< false: never run again once it may have started, whatever happens
  dependency after{};     ///< runs when these have ended
  dependency follow{};    ///< the same, and on an engine where they ran

  friend bool operator==(const task_options&, const task_options&) = default;
};

/// A task that has not ended, or that ended not long ago.
struct listed_task {
  using time_point = std::chrono::system_clock::time_point;

  std::string id; ///< `3.17`
  std::string job, label;
  int engine = -1;                 ///< that has it, or ran it
  std::string state;               ///< "pending": no engine has it yet; "assigned": one has, and runs it or will next;
                                   ///< "finished", "failed"; "dropped": finished or failed, and its outcome not kept
  time_point submitted;            ///< when the controller got it; epoch if that is not known
  time_point started, completed{}; ///< by the engine's clock; epoch before, and if it never ran
  bool kept = false;               ///< submitted with task_options::keep
};
/// What a controller knows of the tasks of all clients, in the order of submission.
struct task_list {
  std::vector<listed_task> tasks;
  std::uint64_t forgotten = 0; ///< older ones that were kept, and of which it knows nothing any more
  std::uint64_t unlisted = 0;  ///< further ones that have not ended: at most 10,000 of each kind of view are listed
};

/// A job library that a client sent to the cluster.
struct shipped_library {
  std::string file;                            ///< `libnum.so`: a later build of this name takes its place
  std::string hash;                            ///< SHA-256 of its content, 64 hexadecimal digits
  std::uint64_t size = 0;                      ///< bytes
  std::string origin;                          ///< who sent it: `alice@laptop`
  std::chrono::system_clock::time_point since; ///< when, by the controller's clock
  std::map<std::string, std::string> unfit;    ///< hosts that joined later and can't use it, and why
};

/// What engines are told by client::restart(), shutdown() and signal().
enum class engine_order : std::uint8_t { restart = 3, stop = 4, signal = 5 };

namespace detail {

using clock = std::chrono::system_clock;

/// How one task ended. `kind` is a wire::record_kind: result, failure or partial.
struct outcome {
  std::uint16_t kind = 0;
  int engine = -1;
  int pid = 0; ///< of the worker; 0 if the task never got to one
  clock::time_point started{}, completed{}, received{};
  slice payload;
};

/// The tasks of one submission and their outcomes: the state that an async_result and the client actor share.
/// Filled by the client actor, read by any thread.
class call {
public:
  /// `tasks` is the number of outcomes to come.
  explicit call(std::size_t tasks, std::string job, std::shared_ptr<const task_options> options = {});

  [[nodiscard]] std::size_t size() const noexcept { return outcomes_.size(); }
  [[nodiscard]] const std::string& job() const noexcept { return job_; }
  [[nodiscard]] clock::time_point submitted() const noexcept { return submitted_; }
  [[nodiscard]] std::size_t done() const noexcept { return done_.load(std::memory_order_acquire); }
  [[nodiscard]] bool ready() const noexcept { return done() == size(); }
  [[nodiscard]] bool ready(std::size_t index) const;
  /// True once a task ended without a whole result.
  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }

  /// Waits until all tasks ended. @return false if `deadline` came first
  bool wait_until(std::chrono::steady_clock::time_point deadline) const;
  void wait() const;
  /// Waits until task `index` ended.
  bool wait_until(std::size_t index, std::chrono::steady_clock::time_point deadline) const;
  /// Waits until the `nth` task (from 0) ended, whichever that is, and tells its index: results as they arrive.
  /// @return nothing if `deadline` came first
  std::optional<std::size_t> wait_arrival(std::size_t nth, std::chrono::steady_clock::time_point deadline) const;

  /// @pre ready(index)
  [[nodiscard]] const outcome& at(std::size_t index) const { return outcomes_[index]; }

  /// Client only, before it is submitted: this is its one task, and nothing else is on its way. Whoever waits for it
  /// watches as long as `w` says before it sleeps.
  void travels_alone(std::shared_ptr<core::watch_time> w);
  [[nodiscard]] bool alone() const noexcept { return watch_ != nullptr; }

  /// Client actor only: the first outcome of an index counts, later ones are dropped.
  /// @pre the caller holds a reference to this call
  void settle(std::size_t index, outcome o);

  /// Client actor only: a task said something while it ran. @param budget of the client
  void hear(std::size_t index, const utterance& u, const std::shared_ptr<output_budget>& budget);
  /// Calls f(outputs) while nothing is added to them; does not if no task has said anything.
  template <class F>
  void with_outputs(F&& f) const {
    const std::lock_guard lock{mutex_};
    if (outputs_) f(std::as_const(*outputs_));
  }
  /// Everything that is printed from now on, and before that what is kept so far.
  [[nodiscard]] std::shared_ptr<live_output> listen() const;
  [[nodiscard]] std::deque<printed> take_output(live_output& from) const;
  /// From now on `a` is told what the tasks publish or display, also what is kept so far.
  void attend(const std::shared_ptr<audience>& a) const;
  /// @pre it attends
  [[nodiscard]] audience::news take_news(audience& a) const;
  /// Waits until something was printed or all tasks ended. @param in_time false if `deadline` came first
  [[nodiscard]] std::deque<printed> wait_output(live_output& from, std::chrono::steady_clock::time_point deadline,
                                                bool& in_time) const;
  /// Calls `f` now, and again whenever tasks have ended, until it returns true; not in several threads at a time. It
  /// runs where outcomes are delivered: it must not wait, throw, or release the last owner of a session.
  /// @return its number, for forget()
  std::uint64_t observe(std::function<bool()> f) const;
  void forget(std::uint64_t number) const;

  /// Null for the defaults.
  [[nodiscard]] const task_options* options() const noexcept { return options_.get(); }
  /// Numbers of the tasks, for people and queries ("client-number"); set at submission.
  std::vector<std::uint64_t> ids;

private:
  struct observer {
    std::uint64_t number;
    std::function<bool()> notice;
  };
  template <class Done>
  bool wait_for_some(std::chrono::steady_clock::time_point deadline, Done done) const;
  bool watch(std::chrono::steady_clock::time_point deadline) const; // true: ready
  void tell_observers() const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<core::watch_time> watch_; ///< null if other tasks were on their way
  std::chrono::steady_clock::time_point sent_{};
  std::vector<outcome> outcomes_;
  std::vector<std::uint32_t> arrivals_;           ///< indexes in the order in which they ended; unused for one task
  mutable std::size_t impatient_ = 0;             ///< threads that wait for less than all tasks
  mutable std::unique_ptr<task_outputs> outputs_; ///< made when the first task says something, or somebody listens
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> failed_{false};
  mutable std::vector<observer> observers_;
  mutable std::uint64_t next_observer_ = 0;
  mutable bool telling_ = false, tell_again_ = false;
  std::string job_;
  std::shared_ptr<const task_options> options_;
  clock::time_point submitted_ = clock::now();
};

/// A connected client. Thread-safe.
class session {
public:
  session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session() = default;

  /// Where callbacks run, one after the other.
  [[nodiscard]] std::shared_ptr<callback_queue> callbacks() { return callbacks_.queue(); }
  /// Whether this is the thread in which they run.
  [[nodiscard]] bool in_callback() const { return callbacks_.is_this_thread(); }

  /// Engine numbers in ascending order, as of the last notice of the hub.
  [[nodiscard]] virtual std::vector<int> ids() const = 0;
  /// The host that an engine is on; "" if it is not known, or no more.
  [[nodiscard]] virtual std::string host_of(int engine) const = 0;
  /// Waits until the cluster has `n` engines. @return false if `timeout` ran out
  /// @throws not_connected
  virtual bool wait_for_engines(std::size_t n, std::chrono::milliseconds timeout) = 0;
  /// The job of this name, asking the hub again if it is not known here yet; nothing if there is none.
  virtual std::optional<job_info> find_job(const std::string& name) = 0;
  /// All jobs, fresh from the hub.
  virtual std::vector<job_info> jobs() = 0;
  virtual cluster_status status() = 0;

  /// Memory to encode a large payload of directed calls into, which engines of this host can then read in place.
  /// At least `size` bytes, or empty: then any memory will do.
  virtual bytes large_memory(std::size_t size) = 0;
  /// Runs one call on each of `targets`, in order for each engine: task first + i is that of targets[i].
  /// `payload` is a call (wire/records.hpp); it is shared by all of them.
  virtual void submit_direct(const std::shared_ptr<call>& c, std::size_t first, const slice& payload,
                             std::span<const int> targets) = 0;
  /// Runs one call on an engine that the scheduler chooses: task `index` of `c`. `allowed` restricts the choice;
  /// empty is all.
  virtual void submit_balanced(const std::shared_ptr<call>& c, std::size_t index, const slice& payload,
                               std::span<const int> allowed) = 0;
  /// Its number among the clients of this start of the cluster.
  [[nodiscard]] virtual std::uint32_t number() const = 0;
  /// Ends tasks of this client, however far they are. Does not wait: their outcomes tell.
  virtual void end_tasks(std::span<const std::uint64_t> ids, end_how how) = 0;
  /// Ends tasks of any client, by its number. @return how many of them had not ended yet
  virtual std::size_t end_tasks(std::uint32_t client, std::span<const std::uint64_t> ids, end_how how) = 0;
  /// Tells engines to restart or end their workers, or to send them a signal. @return how many of them there were
  virtual std::size_t order_engines(engine_order what, std::span<const int> engines, int signal) = 0;
  /// The outcome of a kept task, of any client, becomes that of the only task of `c`, as soon as there is one.
  virtual void fetch(const std::shared_ptr<call>& c, std::uint32_t client, std::uint64_t number) = 0;
  virtual task_list list_tasks() = 0;
  /// Sends a job library, and waits until every host uses it. @return its jobs @throws error{bad_library | refused |
  /// too_large}, timeout_error
  virtual std::vector<job_info> send_library(const std::filesystem::path& library,
                                             std::chrono::milliseconds timeout) = 0;
  /// Has engines use a library that was sent no more. @throws error{bad_library} if there is none of this name
  virtual void remove_library(const std::string& file) = 0;
  [[nodiscard]] virtual std::vector<shipped_library> shipped_libraries() = 0;
  /// Further engines on a host. @return their numbers @throws error{invalid_argument} if there is no node
  virtual std::vector<int> start_engines(const std::string& host, std::uint32_t count) = 0;
  /// Has a host's nodes leave, after `limit` in any case; does not wait. @return their engines
  /// @throws error{invalid_argument} if there are none
  virtual std::vector<int> drain_host(const std::string& host, std::optional<std::chrono::milliseconds> limit) = 0;
  /// Ends the whole cluster.
  virtual void stop_cluster() = 0;
  /// True until the connection ended or close() was called.
  [[nodiscard]] virtual bool connected() const = 0;
  virtual void close() = 0;

private:
  callback_thread callbacks_;
};

/// Connects. @throws not_connected, error{refused | configuration | incompatible_version}
std::shared_ptr<session> open_session(const client_options& options);

} // namespace detail
} // namespace pactor
