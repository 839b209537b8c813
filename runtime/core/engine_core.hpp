#pragma once
// One engine's queue and the state of its worker, in the node.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/owner.hpp"
#include "runtime/core/pace.hpp"
#include "runtime/core/ring.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::core {

enum class engine_status : std::uint8_t {
  starting,   ///< its first worker is not ready yet
  idle,       ///< its worker waits for a task
  busy,       ///< its worker has tasks
  restarting, ///< its worker died and is being replaced
  given_up,   ///< its workers died too often
  shut_down,  ///< someone ended it
};
/// "starting", "idle", "busy", "restarting", "given up", "shut down"
[[nodiscard]] std::string_view to_string(engine_status s) noexcept;

/// A task at an engine.
struct engine_task {
  std::uint64_t id = 0;   ///< unique among the tasks of one scheduler that the engine has
  bool directed = false;  ///< for this engine by name; otherwise balanced. Ids of the two may coincide
  bool ready = true;      ///< false: (parts of) its payload are still on the way
  std::uint32_t kind = 0; ///< the same for calls of the same job, for example a hash of its name
  detail::slice payload{};
  std::uint32_t client = 0; ///< who reads its result
  core::owner owner{};      ///< who submitted it, and that client's number for it
};

/// A task by name.
struct task_ref {
  std::uint64_t id = 0;
  bool directed = false;

  friend bool operator==(const task_ref&, const task_ref&) = default;
};

/// Orders an engine's tasks and says which its worker gets and when. A client's directed tasks run in the order they
/// came; its balanced ones in theirs, except that one whose payload is still on the way lets others pass. Clients take
/// turns, a task each. The worker holds as much as hides the way there (pace), of at most 4 MiB, but always one task if
/// there is one.
class engine_core {
public:
  static constexpr pace::limits default_limits{std::chrono::milliseconds{1}, 64, std::chrono::milliseconds{50}};
  static constexpr std::size_t most_bytes_held = std::size_t{4} << 20;

  explicit engine_core(pace::limits limits = default_limits) noexcept : pace_{limits} {}

  /// @return false if the engine was given up: the task is refused
  [[nodiscard]] bool push(engine_task t);
  /// The task's payload is complete; an unknown task is ignored.
  /// @param payload  replaces what was pushed, if not empty
  void set_ready(task_ref t, detail::slice payload = {});
  /// The next task for the worker, which from then on holds it; call until there is none after every event.
  [[nodiscard]] std::optional<engine_task> next();
  /// The worker ended a task; a negative `run_time` says nothing about the next of its kind. @return false if it held
  /// no such task
  bool finished(task_ref t, std::chrono::nanoseconds run_time);
  /// Takes a task out before the worker gets it. @return false if the worker has it, or nobody
  bool withdraw(task_ref t);
  struct withdrawn {
    task_ref task;
    core::owner owner;
  };
  /// The same for many, in one pass; in the order of each client's queue. @return those that it took out
  std::vector<withdrawn> withdraw(std::span<const std::uint64_t> ids, bool directed);
  /// The number of a task among those that its worker was given, from 1; 0 if the worker does not hold it.
  [[nodiscard]] std::uint64_t ordinal_of(task_ref t) noexcept;
  /// Every task at the engine, those of the worker first, then client by client in the order of each queue.
  struct presence {
    task_ref task;
    core::owner owner;
    bool held; ///< by the worker
  };
  [[nodiscard]] std::vector<presence> tasks() const;
  /// Takes out the tasks whose payload is not whole, and all directed ones of the same client behind the first of
  /// these, so that they keep their order.
  [[nodiscard]] std::vector<task_ref> take_incomplete();
  /// Whose a task is; nobody's if it is not here.
  [[nodiscard]] core::owner owner_of(task_ref t);
  /// Takes out up to `most` balanced tasks that the worker does not hold, those that came last; in order of arrival.
  [[nodiscard]] std::vector<std::uint64_t> take_back(std::size_t most);

  void worker_ready();
  /// What a dead worker leaves behind; all of it is out of the engine.
  struct loss {
    std::optional<task_ref> executing;             ///< under which it died
    std::vector<std::uint64_t> unstarted_directed; ///< in order; their namespace is gone, so they can't run
    std::vector<std::uint64_t> unstarted_balanced; ///< in order; can run elsewhere
  };
  /// A worker that dies before it was ready takes no directed tasks with it: they wait for the next one.
  [[nodiscard]] loss worker_lost();
  /// No worker will come any more. @return the tasks that waited for one
  [[nodiscard]] loss give_up() { return end(worker::given_up); }
  /// The same, since someone wants it so.
  [[nodiscard]] loss shut_down() { return end(worker::shut_down); }

  [[nodiscard]] engine_status status() const noexcept;
  /// Tasks at the engine that have not ended, those of the worker included.
  [[nodiscard]] std::size_t queued() const noexcept { return waiting_ + held_.size(); }
  /// Tasks that the worker has.
  [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
  /// The task that the worker runs, or will as soon as it reads it.
  [[nodiscard]] std::optional<task_ref> executing() const;
  [[nodiscard]] std::uint64_t completed() const noexcept { return completed_; }
  /// How often the worker was lost and replaced.
  [[nodiscard]] std::uint32_t restarts() const noexcept { return restarts_; }

private:
  enum class worker : std::uint8_t { starting, ready, restarting, given_up, shut_down };
  [[nodiscard]] bool ended() const noexcept { return worker_ >= worker::given_up; }
  [[nodiscard]] loss end(worker how);
  struct waiting {
    engine_task task;
    std::uint64_t arrival = 0;
  };
  struct holding {
    task_ref task;
    std::uint32_t kind = 0;
    std::int64_t cost = 0;
    std::size_t bytes = 0;
    std::uint64_t ordinal = 0;
    core::owner owner{};
  };

  /// What waits of one client.
  struct share {
    std::uint32_t client = 0;
    ring<waiting> directed, balanced;
    std::size_t not_ready = 0; // of the balanced ones

    [[nodiscard]] bool empty() const noexcept { return directed.empty() && balanced.empty(); }
    [[nodiscard]] std::size_t first_ready_balanced() const noexcept;
    /// The next task of this client, and its place in its queue; null if none is ready.
    [[nodiscard]] std::pair<ring<waiting>*, std::size_t> first() noexcept;
    waiting take(ring<waiting>& queue, std::size_t at);
  };
  struct place {
    share* of = nullptr;
    ring<waiting>* queue = nullptr;
    std::size_t at = 0;
    explicit operator bool() const noexcept { return queue != nullptr; }
  };
  [[nodiscard]] place find(task_ref t) noexcept;
  share& share_of(std::uint32_t client);
  void forget_empty();
  void drain(bool directed, std::vector<std::uint64_t>& into);

  pace pace_;
  std::vector<share> shares_; // of clients; some may be empty
  std::size_t turn_ = 0;      // whose turn it is
  std::size_t waiting_ = 0;   // in all shares
  ring<holding> held_;        // in the order the worker got them, which is the order it runs them
  std::int64_t work_held_ = 0;
  std::size_t bytes_held_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint64_t handed_out_ = 0; // to this worker
  std::uint64_t completed_ = 0;
  std::uint32_t restarts_ = 0;
  worker worker_ = worker::starting;
};

} // namespace pactor::core
