#pragma once
// What the task scheduler's core keeps of a task, and of those that it belongs to. Internal to task_core.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/chain.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
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
  std::vector<int> ran;               ///< engines on which it failed: others are preferred
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
  std::uint64_t sequence = 0;            // of submission
  std::uint64_t handed = 0;              // when an engine got it
  std::unique_ptr<parts::extras> extras; // null: none
  std::int64_t cost = 0;                 // while an engine has it
  std::uint32_t kind = 0;
  std::uint16_t losses = 0; // engines that died under it
  std::uint16_t reruns = 0; // runs before this one that may have said something
  std::uint8_t recalls = 0; // how often it was taken back
  bool idempotent : 1 = true;
  bool withdrawn : 1 = false; // must not run again
  bool recalled : 1 = false;  // its engine is asked to give it back
  bool charged : 1 = false;   // its share has paid for it
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
  std::int64_t load;
  std::uint64_t used;
  parts::engine* engine;
  friend bool operator<(const rank& a, const rank& b) noexcept {
    return a.load != b.load ? a.load < b.load : a.used < b.used;
  }
};

struct engine {
  int number = -1;
  bool paused = false;
  bool robbed = false;    // its next task was taken back: none is given ahead until the one that runs has ended
  std::int64_t work = 0;  // sum of the costs of its tasks
  std::uint64_t used = 0; // when it was last given a task, or joined; unique
  std::size_t count = 0;
  std::size_t recalled = 0; // of its tasks
  bool crowded = false;     // it has tasks that could be taken back
  bool advanced = false;    // it ended a task since its neighbours were looked at
  chain_links<engine> crowd_links;
  time_point running_since{}; // its first task, as far as is known
  queue tasks;                // in the order they were given
  std::set<rank>::iterator place;
};

using crowd = chain<engine, &engine::crowd_links>;

/// Who shares in the engines.
struct share {
  std::uint32_t client = 0;
  std::int64_t served = 0; // virtual time: the work that it was given
  std::size_t waiting = 0; // tasks in its flows
  std::size_t flows = 0;
  std::size_t open = 0;    // tasks that have not ended
  std::uint64_t bytes = 0; // of their payloads
  bool paused = false;
};

struct group;
/// Tasks of one client, of one priority, that the same engines may run.
struct flow {
  parts::share* share = nullptr;
  parts::group* group = nullptr;
  std::int32_t priority = 0;
  queue waiting;         // ascending by sequence
  std::size_t count = 0; // of its tasks that have not ended
  bool ready = false;    // in the group's order
};

/// Whose turn it is in a group: higher priority, then the share that got least, then the oldest. A share's `served`
/// only grows, so that an order by an old value is put right when it is looked at.
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
};

/// Tasks that the same engines may run. They wait in queues of their own, so that they neither block others nor are
/// searched for one by one.
struct group {
  std::vector<int> allowed;  // ascending; empty: all
  std::vector<int> excluded; // ascending: not on these
  std::vector<parts::engine*> engines;
  std::vector<turn> order;                                      // a heap of the flows in which something waits
  std::map<std::pair<std::uint32_t, std::int32_t>, flow> flows; // by share and priority
  std::size_t sweep_at = 64;                                    // flows
  std::size_t count = 0;                                        // tasks that have not ended
  std::size_t place = 0;                                        // in the active groups
  bool active = false;

  [[nodiscard]] bool anywhere() const noexcept { return allowed.empty() && excluded.empty(); }
  [[nodiscard]] bool admits(int number) const {
    return (allowed.empty() || std::binary_search(allowed.begin(), allowed.end(), number)) &&
           !std::binary_search(excluded.begin(), excluded.end(), number);
  }
};

} // namespace pactor::core::parts
