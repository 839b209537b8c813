#pragma once
// The brain of the task scheduler: which engine runs which balanced task. Knows no actors, clocks or sockets.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/open_limits.hpp"
#include "runtime/core/owner.hpp"
#include "runtime/core/pace.hpp"
#include "runtime/core/placement.hpp"
#include "runtime/core/slab.hpp"
#include "runtime/core/task_log.hpp"
#include "runtime/core/task_parts.hpp"
#include "runtime/core/task_queue.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor::core {

/// A task on its way into the core.
struct task_request {
  std::uint32_t client = 0;
  std::uint64_t number = 0;        ///< the client's own
  detail::slice payload{};         ///< held until the task ended, so that it can be run again
  std::uint64_t transfer_size = 0; ///< bytes of a payload that travels by itself; 0: `payload` is all of it
  std::span<const int> allowed{};  ///< engines that may run it, read during submit() only; empty: all, also later ones
  std::uint32_t kind = 0;          ///< the same for calls of the same job, for example a hash of its name
  bool idempotent = true;          ///< false: never run again once it may have started
  std::uint32_t share = 0;         ///< the client whose share in the engines it uses; 0: `client`
  std::int32_t priority = 0;       ///< higher ones go first
  std::uint32_t retries = 0;       ///< how often it runs again after an error of its own
  std::chrono::nanoseconds timeout{0}; ///< how long it may wait for an engine; 0: as long as it takes
};

/// Hand this task to this engine.
struct assignment {
  int engine;
  std::uint64_t id; ///< of this run: a rerouted task gets another
  owner task;
  const detail::slice& payload; ///< valid until the task ended
  std::uint64_t transfer_size;
};

/// Why a task ends without having been run to its end.
enum class give_up_reason : std::uint8_t {
  losses,         ///< more engines than allowed died under it
  not_idempotent, ///< its engine died, and it must not run twice
  no_engine,      ///< all engines that may run it are gone
  withdrawn,      ///< its client took it back while an engine had it, and that was lost
  timed_out,      ///< it waited for longer than it may
  unreachable,    ///< it was to run where another task ran, and that engine is gone
};

struct given_up {
  owner task;
  std::uint32_t losses = 0; ///< engines that died under it
  give_up_reason reason = give_up_reason::losses;
  std::chrono::nanoseconds timeout{0}; ///< timed_out: how long it was to wait at most
  std::uint64_t held = 0;              ///< its number here, if it was held back

  friend bool operator==(const given_up&, const given_up&) = default;
};

enum class submission : std::uint8_t {
  accepted,
  impossible, ///< none of the allowed engines is known
  too_many,   ///< the client has more open than it may
};

/// Gives tasks to engines: higher priorities first, clients of equal priority in equal shares, each client's oldest
/// first, to the engine that the placement chooses. An engine is given as much ahead as hides the way there (pace),
/// never more, and what waits there in vain is taken back (recalls). An accepted task ends exactly once: by finished(),
/// ended() or failed(), as given up, or with its client; what comes late or twice is nothing.
/// Cost: submit, next and finished together well below a microsecond, whatever waits and for up to a thousand engines.
class task_core {
public:
  using time_point = parts::time_point;
  static constexpr pace::limits default_limits{std::chrono::milliseconds{2}, 256, std::chrono::milliseconds{50}};
  /// The way to an engine and back, generously: what starts sooner is not taken back.
  static constexpr std::chrono::nanoseconds round_trip = std::chrono::microseconds{500};
  /// Who has not given back by then what it is to give back is not waited for.
  static constexpr std::chrono::nanoseconds patience = 4 * round_trip;

  /// @param max_losses  engines that may die under a task before it is given up with the next
  explicit task_core(std::uint32_t max_losses = 3, pace::limits limits = default_limits, placement::options where = {});
  void limit_open(open_limits l) { open_limits_ = l; }
  [[nodiscard]] const open_limits& open_limit() const noexcept { return open_limits_; }
  /// Which tasks it lets go is told `l`, which outlives this.
  void log_in(task_log* l) noexcept { log_ = l; }
  /// @pre no engine has joined
  void place(placement::options where) { placement_ = placement{where, pace_.target()}; }

  /// What time it is, as far as this matters: tells timeouts, and how long engines have been at their tasks.
  void set_time(time_point now) noexcept { now_ = now; }

  /// Ids of different lives of the scheduler never coincide. Before anything else.
  void set_life(std::uint32_t life) noexcept { tasks_.set_life(life); }
  /// An engine that is known already stays as it is.
  void engine_joined(int engine);
  /// The engine is gone for good. Its tasks go back to the front in their order; its oldest is blamed, since that is
  /// the one that ran, if any did.
  [[nodiscard]] std::vector<given_up> engine_lost(int engine);
  /// The engine gets no tasks until engine_resumed(), for example while its worker restarts.
  void engine_paused(int engine);
  void engine_resumed(int engine);

  /// The engine is to leave: it gets no task that another engine could run. Those that could only run on engines that
  /// leave still do. @return what it is to give back, as of recalls()
  struct run {
    std::uint64_t id;
    int engine;

    friend bool operator==(const run&, const run&) = default;
  };
  [[nodiscard]] std::vector<run> engine_draining(int engine);
  /// Tasks that the engine has, or that wait for nobody but engines that leave, it among them.
  [[nodiscard]] std::size_t left_for(int engine) const;

  /// Whether this client may have one more task open, with so many bytes.
  /// @param coming tasks of it that are not here yet
  [[nodiscard]] bool has_place(std::uint32_t client, std::uint64_t bytes, std::size_t coming = 0);
  [[nodiscard]] submission submit(task_request request);
  /// Submits a task that is not handed out before release(). @return its number here; nothing if there are too many
  [[nodiscard]] std::optional<std::uint64_t> hold(task_request request);
  /// A task that was held back may run now, if `on` is given on one of those engines. @return why it can't: it has
  /// ended then
  [[nodiscard]] std::optional<given_up> release(std::uint64_t id, std::optional<std::span<const int>> on = {});
  /// Ends a task that was held back. @return whom to tell; nothing if it is none any more
  [[nodiscard]] std::optional<owner> drop_held(std::uint64_t id);
  /// The next task to hand out; call until there is none after every burst of events.
  [[nodiscard]] std::optional<assignment> next();
  /// Tasks that engines are to give back unstarted, since others would start them sooner; call after next(). An engine
  /// that complies tells task_lost(), unblamed; one that started the task says nothing, and ends it.
  [[nodiscard]] std::vector<run> recalls();
  /// Tasks that waited for longer than they may. Those that an engine has are wanted back by recalls(): it may not have
  /// begun them, since a directed task holds them up.
  [[nodiscard]] std::vector<given_up> expire();
  /// When to call set_time(), expire() and recalls() again, if nothing else happens.
  [[nodiscard]] std::optional<time_point> wake_at() const;

  /// The run ended with an outcome, whichever. @return whom to tell; nothing for late, unknown and orphaned runs
  [[nodiscard]] std::optional<owner> finished(std::uint64_t id, int engine, std::chrono::nanoseconds run_time);
  /// Whose a run is that has not ended, and how many runs of it may have said something before. Nothing for late,
  /// unknown and orphaned runs.
  struct running {
    owner task;
    std::uint32_t losses;
  };
  [[nodiscard]] std::optional<running> owner_of(std::uint64_t id, int engine);
  /// The run ended without having told anything about the next of its kind: it was taken back. @return as finished()
  [[nodiscard]] std::optional<owner> ended(std::uint64_t id, int engine);
  /// The run ended with an error.
  enum class error_kind : std::uint8_t {
    own,    ///< the task's: it runs again as often as it may, elsewhere if it can
    refused ///< this engine lacks what it needs: it runs elsewhere, if there is such an engine
  };
  struct verdict {
    std::optional<owner> told{};   ///< whom to tell that it ended; nothing if it runs again, or nobody waits
    std::vector<int> refused_by{}; ///< engines that lacked what it needs, if that is why it ends
  };
  [[nodiscard]] verdict failed(std::uint64_t id, int engine, std::chrono::nanoseconds run_time, error_kind why);
  /// A task that an engine has since an earlier life of the scheduler: as if it had been handed out to it just now.
  /// @return its id; nothing if there is no such engine, or none of the allowed ones is known
  [[nodiscard]] std::optional<std::uint64_t> adopt(task_request request, int engine);
  /// Takes out those of a client's tasks that no engine has: they have ended. The others are never run again, and are
  /// the engines' to end. Unknown numbers are ignored.
  struct withdrawal {
    using run = task_core::run;
    std::vector<std::uint64_t> ended; ///< the client's numbers
    std::vector<run> running;
    std::vector<std::uint64_t> held; ///< of those that ended: numbers here of tasks that were held back
  };
  [[nodiscard]] withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers);
  /// The engine lives, but this run came to nothing: its worker died (started: under this task), or it was taken back.
  /// The task goes back to the front. @return the task if it is given up instead
  /// @param blamed whether it may be the task's fault, which counts as a loss
  [[nodiscard]] std::optional<given_up> task_lost(std::uint64_t id, int engine, bool started, bool blamed = true);
  /// Drops the client's waiting tasks; the outcomes of its running ones will be dropped.
  void client_gone(std::uint32_t client);
  /// This client reads too slowly: no more of its tasks are handed out until client_resumed().
  void client_paused(std::uint32_t client) { queue_.pause(client); }
  void client_resumed(std::uint32_t client) { queue_.resume(client); }

  /// Tasks that have not ended, orphans included.
  [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }
  /// Tasks that no engine has.
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size() + held_; }
  /// Tasks that the engine has.
  [[nodiscard]] std::size_t outstanding(int engine) const;
  /// Tasks of the client that have not ended.
  [[nodiscard]] std::size_t tasks_of(std::uint32_t client) const;
  /// Tasks that have not ended, in no order, and at most so many.
  [[nodiscard]] std::vector<open_task> open_tasks(std::size_t most) const;
  /// How many there are, also of clients that are gone.
  [[nodiscard]] std::size_t open() const noexcept { return tasks_.size(); }
  /// Whether this task has not ended. The first question about a client costs time for each of its tasks.
  [[nodiscard]] bool is_open(const owner& task);
  /// How many tasks of a kind an idle engine is given at once.
  [[nodiscard]] std::size_t window(std::uint32_t kind = 0) const noexcept { return pace_.window(kind); }

private:
  using entry = parts::entry;
  using engine_state = parts::engine;
  using timeout_order = std::set<std::pair<time_point, entry*>>;

  /// After so many times a task stays where it is.
  static constexpr std::uint8_t most_recalls = 8;
  /// So often a task lets a later one have an engine on which it failed.
  static constexpr std::uint8_t most_passed = 16;

  entry* admit(task_request& request);
  parts::client& client_of(std::uint32_t id);
  [[nodiscard]] entry* find_run(std::uint64_t id, int engine);
  [[nodiscard]] engine_state* last_resort(const parts::group& g) const;
  [[nodiscard]] bool could_run_elsewhere(const parts::group& g) const;
  entry& elsewhere(entry& first, engine_state*& chosen);
  void hand_out(entry& e, engine_state& to);
  [[nodiscard]] std::int64_t work_so_far(const entry& e) const;
  [[nodiscard]] std::int64_t work_done(const entry& e, std::chrono::nanoseconds run_time) const noexcept {
    return pace_.work_done(run_time, e.payload.size + e.transfer_size);
  }
  void detach(entry& e, std::int64_t work);
  [[nodiscard]] std::optional<owner> finish(entry& e, std::int64_t work);
  void withdraw_one(entry& e, withdrawal& into);
  void end(entry& e);
  given_up give_up(entry& e, give_up_reason reason);
  std::optional<given_up> reroute(entry& e, bool started, bool may_have_started);
  void lose_abandoned(std::vector<given_up>& into);
  bool regroup(entry& e);
  void start_clock(entry& e);
  void stop_clock(entry& e);
  /// What an engine could give back.
  struct surplus {
    std::vector<entry*> tasks; ///< in the order that it would start them
    bool more_later = false;   ///< there are others, which it should start soon
    bool overdue = false;      ///< its first task takes longer than expected
  };
  [[nodiscard]] surplus surplus_of(const engine_state& e, bool for_idle) const;
  void recall(entry& e, std::vector<run>& into);
  void forget_recall(entry& e);
  void fill_idle(std::vector<run>& into);
  [[nodiscard]] bool any_idle(parts::group& g) const;
  void forget_late_recalls();
  void recall_overtaken(const engine_state& ahead, std::vector<run>& into);
  void started_next(engine_state& e);
  void count_crowd(engine_state& e);

  std::uint32_t max_losses_;
  pace pace_;
  open_limits open_limits_;
  time_point now_{};
  slab<entry> tasks_;
  task_queue::engine_table engines_;
  placement placement_;
  task_queue queue_;
  std::unordered_map<std::uint32_t, parts::client> clients_;
  parts::client* recent_client_ = nullptr; // that submitted last
  timeout_order timeouts_;                 // of tasks that wait, also at an engine
  std::vector<run> overdue_;               // that an engine has
  parts::crowd crowd_;                     // engines with tasks that could be taken back; the longest at a task first
  std::vector<int> advanced_;              // engines that ended a task since recalls() was called
  std::optional<time_point> look_again_;
  std::uint64_t submitted_ = 0;
  std::uint64_t handed_ = 0;
  std::size_t held_ = 0;
  std::size_t draining_ = 0;                                  // engines
  std::deque<std::pair<time_point, std::uint64_t>> recalled_; // when, and the run; the oldest first
  std::size_t expected_ = 0;                                  // of these are on their way back
  std::uint64_t fills_ = 0;
  task_log* log_ = nullptr;
};

} // namespace pactor::core
