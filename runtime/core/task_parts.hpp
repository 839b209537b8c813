#pragma once
// What the task scheduler's core keeps of a task, and of those that it belongs to. Internal to task_core.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/chain.hpp"
#include "runtime/core/indexed_heap.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor::core::parts {

using time_point = std::chrono::steady_clock::time_point;

struct engine;
struct flow;
struct client;

/// What only tasks with options of their own need.
struct extras {
  std::uint32_t retries = 0;          ///< that are left
  bool followed = false;              ///< `allowed` is where a parent ran
  std::chrono::nanoseconds timeout{}; ///< 0: none
  time_point deadline{};              ///< while it waits
  std::vector<int> allowed;           ///< as submitted: ascending; empty: all
  std::vector<int> ran;               ///< engines on which it failed, each once: others are preferred
  std::uint8_t passed = 0;            ///< how often it let a later one have an engine on which it failed
  std::vector<int> refused;           ///< engines on which it can't run
};

struct entry {
  std::uint64_t id = 0;
  chain_links<entry> queue_links;  // in the flow's waiting tasks or in the engine's outstanding ones
  chain_links<entry> client_links; // in the client's tasks
  client* owner = nullptr;         // null: an orphan
  parts::engine* engine = nullptr; // null: waiting or held back
  parts::flow* flow = nullptr;
  std::uint64_t number = 0;
  detail::slice payload;
  std::uint64_t transfer_size = 0;
  std::uint64_t sequence = 0; // of submission
  time_point submitted{};
  std::uint64_t handed = 0;              // when an engine got it
  std::unique_ptr<parts::extras> extras; // null: none
  std::int64_t cost = 0;                 // while an engine has it: of what that is to hold
  std::int64_t charged = 0;              // and of its share
  std::uint32_t kind = 0;
  std::uint16_t losses = 0; // engines that died under it
  std::uint16_t reruns = 0; // runs before this one that may have said something
  std::uint8_t recalls = 0; // how often it was taken back
  bool idempotent : 1 = true;
  bool withdrawn : 1 = false; // must not run again
  bool recalled : 1 = false;  // its engine is asked to give it back
  bool expected : 1 = false;  // and should have done so soon
  bool held : 1 = false;      // waits for something else than an engine
};
using queue = chain<entry, &entry::queue_links>;
using client_tasks = chain<entry, &entry::client_links>;

struct client {
  std::uint32_t id = 0;
  std::size_t count = 0;
  client_tasks tasks;
  /// Made when someone asks for a task by number.
  std::unique_ptr<std::unordered_map<std::uint64_t, entry*>> by_number;
};

/// What engines are ordered by: least load, then least recently used.
struct rank {
  std::int64_t load = 0;
  std::uint64_t used = 0;
  parts::engine* engine = nullptr;
  friend bool operator<(const rank& a, const rank& b) noexcept {
    return a.load != b.load ? a.load < b.load : a.used < b.used;
  }
  inline void moved(std::size_t place) const;
};

struct engine {
  int number = -1;
  bool paused = false;
  bool draining = false;  // gets no task that could run elsewhere
  bool robbed = false;    // its next task was taken back: none is given ahead until the one that runs has ended
  std::int64_t work = 0;  // sum of the costs of its tasks
  std::uint64_t used = 0; // when it was last given a task, or joined; unique
  std::size_t count = 0;
  std::size_t recalled = 0; // of its tasks
  std::size_t late = 0;     // of these: those that should be back
  std::size_t pinned = 0;   // of its tasks that may run nowhere else
  bool roomy = false;       // as the placement last saw it
  bool idle = false;
  bool crowded = false;  // it has tasks that could be taken back
  bool advanced = false; // it ended a task since its neighbours were looked at
  chain_links<engine> crowd_links;
  time_point running_since{}; // its first task, as far as is known
  queue tasks;                // in the order they were given
  std::size_t place = 0;      // in the placement
};

using crowd = chain<engine, &engine::crowd_links>;

inline void rank::moved(std::size_t place) const { engine->place = place; }

struct group;
struct share;
/// Tasks of one client, of one priority, that the same engines may run.
struct flow {
  parts::share* share = nullptr;
  parts::group* group = nullptr;
  chain_links<flow> share_links;
  std::int32_t priority = 0;
  queue waiting;             // ascending by sequence
  entry* put_back = nullptr; // the last one that was, if it still waits: the next one belongs near it
  std::size_t count = 0;     // of its tasks that have not ended
  bool ready = false;        // in the group's order,
  std::size_t place = 0;     // there
};

/// Who shares in the engines.
struct share {
  std::uint32_t client = 0;
  std::int64_t served = 0;  // virtual time: the work that it was given
  std::int64_t running = 0; // what of that is not known yet, but expected
  std::int64_t refund = 0;  // that it was given less than expected, as far as `served` does not know it yet
  std::size_t waiting = 0;  // tasks in its flows
  chain<flow, &flow::share_links> flows;
  std::size_t open = 0;    // tasks that have not ended
  std::uint64_t bytes = 0; // of their payloads
  bool paused = false;
};

/// Whose turn it is in a group: higher priority, then the share that got least, then the oldest. An order by an old
/// value is put right when it is looked at, if it has grown since; if it has become less, at once.
struct turn {
  std::int32_t priority = 0;
  std::int64_t served = 0;
  std::uint64_t sequence = 0;
  parts::flow* flow = nullptr;
  friend bool operator<(const turn& a, const turn& b) noexcept {
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.served != b.served) return a.served < b.served;
    return a.sequence < b.sequence;
  }
  void moved(std::size_t place) const { flow->place = place; }
};

/// Tasks that the same engines may run. They wait in queues of their own, so that they neither block others nor are
/// searched for one by one.
struct group {
  std::vector<int> allowed;  // ascending; empty: all
  std::vector<int> excluded; // ascending: not on these
  std::vector<parts::engine*> engines;
  indexed_heap<turn> order;                                     // of the flows in which something waits
  std::map<std::pair<std::uint32_t, std::int32_t>, flow> flows; // by share and priority
  std::size_t sweep_at = 64;                                    // flows
  std::size_t count = 0;                                        // tasks that have not ended
  std::size_t place = 0;                                        // in the active groups
  std::uint64_t full_at = 0;   // none of its engines had room when the placement had seen so many openings
  std::uint64_t looked_at = 0; // when an idle engine was looked for among them,
  bool idle = false;           // and whether there was one
  bool active = false;

  /// Its tasks may run on one engine only.
  [[nodiscard]] bool pins() const noexcept { return allowed.size() == 1; }
  [[nodiscard]] bool anywhere() const noexcept { return allowed.empty() && excluded.empty(); }
  [[nodiscard]] bool admits(int number) const {
    return (allowed.empty() || std::binary_search(allowed.begin(), allowed.end(), number)) &&
           !std::binary_search(excluded.begin(), excluded.end(), number);
  }
};

} // namespace pactor::core::parts
