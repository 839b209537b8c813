#pragma once
// The brain of the task scheduler: which engine runs which balanced task. Knows no actors, clocks or sockets.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/chain.hpp"
#include "runtime/core/owner.hpp"
#include "runtime/core/pace.hpp"
#include "runtime/core/slab.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
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
};

struct given_up {
  owner task;
  std::uint32_t losses = 0; ///< engines that died under it
  give_up_reason reason = give_up_reason::losses;

  friend bool operator==(const given_up&, const given_up&) = default;
};

enum class submission : std::uint8_t {
  accepted,
  impossible, ///< none of the allowed engines is known
};

/// Gives tasks to engines: oldest first, each to the engine with the least work, of equals to the one that waited
/// longest. An engine is given as much ahead as hides the way there (pace), never more. An accepted task ends exactly
/// once: by finished(), as given up, or with its client; what comes late or twice is nothing.
/// Cost: submit, next and finished together well below a microsecond, whatever waits and for up to a thousand engines.
class task_core {
public:
  static constexpr pace::limits default_limits{std::chrono::milliseconds{2}, 256, std::chrono::milliseconds{50}};

  /// @param max_losses  engines that may die under a task before it is given up with the next
  explicit task_core(std::uint32_t max_losses = 3, pace::limits limits = default_limits);

  /// An engine that is known already stays as it is.
  void engine_joined(int engine);
  /// The engine is gone for good. Its tasks go back to the front in their order; its oldest is blamed, since that is
  /// the one that ran, if any did.
  [[nodiscard]] std::vector<given_up> engine_lost(int engine);
  /// The engine gets no tasks until engine_resumed(), for example while its worker restarts.
  void engine_paused(int engine);
  void engine_resumed(int engine);

  [[nodiscard]] submission submit(task_request request);
  /// The next task to hand out; call until there is none after every burst of events.
  [[nodiscard]] std::optional<assignment> next();
  /// The run ended with an outcome, whichever. @return whom to tell; nothing for late, unknown and orphaned runs
  [[nodiscard]] std::optional<owner> finished(std::uint64_t id, int engine, std::chrono::nanoseconds run_time);
  /// Whose a run is that has not ended, and how many engines died under the task before. Nothing for late, unknown and
  /// orphaned runs.
  struct running {
    owner task;
    std::uint32_t losses;
  };
  [[nodiscard]] std::optional<running> owner_of(std::uint64_t id, int engine);
  /// The run ended without having told anything about the next of its kind: it was taken back. @return as finished()
  [[nodiscard]] std::optional<owner> ended(std::uint64_t id, int engine);
  /// Takes out those of a client's tasks that no engine has: they have ended. The others are never run again, and are
  /// the engines' to end. Unknown numbers are ignored.
  struct withdrawal {
    struct run {
      std::uint64_t id;
      int engine;
    };
    std::vector<std::uint64_t> ended; ///< the client's numbers
    std::vector<run> running;
  };
  [[nodiscard]] withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers);
  /// The engine lives, but this run came to nothing: its worker died (started: under this task), or it was taken back.
  /// The task goes back to the front. @return the task if it is given up instead
  /// @param blamed whether it may be the task's fault, which counts as a loss
  [[nodiscard]] std::optional<given_up> task_lost(std::uint64_t id, int engine, bool started, bool blamed = true);
  /// Drops the client's waiting tasks; the outcomes of its running ones will be dropped.
  void client_gone(std::uint32_t client);

  /// Tasks that no engine has.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  /// Tasks that the engine has.
  [[nodiscard]] std::size_t outstanding(int engine) const;
  /// Tasks of the client that have not ended.
  [[nodiscard]] std::size_t tasks_of(std::uint32_t client) const;
  /// How many tasks of a kind an idle engine is given at once.
  [[nodiscard]] std::size_t window(std::uint32_t kind = 0) const noexcept { return pace_.window(kind); }

private:
  struct entry;
  struct engine_state;
  struct client_state;
  struct group;
  struct entry {
    std::uint64_t id = 0;
    chain_links<entry> queue_links;  // in the group's waiting tasks or in the engine's outstanding ones
    chain_links<entry> client_links; // in the client's tasks
    client_state* client = nullptr;  // null: an orphan
    engine_state* engine = nullptr;  // null: waiting
    group* allowed = nullptr;
    std::uint64_t number = 0;
    detail::slice payload;
    std::uint64_t transfer_size = 0;
    std::uint64_t sequence = 0; // of submission
    std::int64_t cost = 0;      // while an engine has it
    std::uint32_t kind = 0;
    std::uint32_t losses = 0;
    bool idempotent = true;
    bool withdrawn = false; // must not run again
  };
  using queue = chain<entry, &entry::queue_links>;
  struct client_state {
    std::uint32_t id = 0;
    std::size_t count = 0;
    chain<entry, &entry::client_links> tasks;
  };
  /// What engines are ordered by: least work, then least recently used.
  struct rank {
    std::int64_t load;
    std::uint64_t used;
    engine_state* engine;
    friend bool operator<(const rank& a, const rank& b) noexcept {
      return a.load != b.load ? a.load < b.load : a.used < b.used;
    }
  };
  struct engine_state {
    int number = -1;
    bool paused = false;
    std::int64_t work = 0;  // sum of the costs of its tasks
    std::uint64_t used = 0; // when it was last given a task, or joined; unique
    std::size_t count = 0;
    queue tasks; // in the order they were given
    std::set<rank>::iterator place;
  };
  /// Tasks that the same engines may run. They wait in one queue of their own, so that they neither block others nor
  /// are searched for one by one.
  struct group {
    std::vector<int> allowed; // ascending; empty: all
    std::vector<engine_state*> engines;
    queue waiting; // ascending by sequence
    std::size_t count = 0;
    std::size_t place = 0; // in active_ while something waits
  };

  [[nodiscard]] bool has_room(const engine_state& e) const noexcept { return !e.paused && e.work < pace_.target(); }
  [[nodiscard]] engine_state* least_loaded(const group& g) const;
  [[nodiscard]] entry* find_run(std::uint64_t id, int engine);
  [[nodiscard]] bool goes_nowhere(const group& g) const { return g.engines.empty() && !g.allowed.empty(); }
  group* group_for(std::span<const int> allowed);
  void rerank(engine_state& e);
  void enqueue(entry& e, entry* before);
  void dequeue(entry& e);
  void requeue(entry& e);
  void detach(entry& e);
  void end(entry& e);
  given_up give_up(entry& e, give_up_reason reason);
  std::optional<given_up> reroute(entry& e, bool started, bool may_have_started);

  std::uint32_t max_losses_;
  pace pace_;
  slab<entry> tasks_;
  std::unordered_map<int, engine_state> engines_;
  std::set<rank> ranks_;
  std::unordered_map<std::uint32_t, client_state> clients_;
  group everywhere_;
  std::map<std::vector<int>, group> restricted_;
  std::vector<group*> active_; // groups in which something waits
  entry* requeued_ = nullptr;  // the last one put back, if it still waits: the next one belongs near it
  std::uint64_t submitted_ = 0;
  std::uint64_t uses_ = 0;
  std::size_t waiting_ = 0;
};

} // namespace pactor::core
