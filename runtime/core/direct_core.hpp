#pragma once
// The brain of the direct scheduler: which directed tasks each engine owes, in the order they were sent.

#include "runtime/core/chain.hpp"
#include "runtime/core/open_limits.hpp"
#include "runtime/core/owner.hpp"
#include "runtime/core/slab.hpp"
#include "runtime/core/task_log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pactor::core {

/// What is known of a task's payload.
struct burden {
  std::uint32_t kind = 0;  ///< the same for calls of the same job
  std::uint64_t bytes = 0; ///< that it takes at its node
};

/// Accounts for tasks that are sent to their engine as they come. Holds no payloads: a directed task is never run
/// again elsewhere. An accepted task ends exactly once: by finished(), with its engine, or with its client.
class direct_core {
public:
  direct_core() noexcept : direct_core{open_limits{}} {}
  explicit direct_core(open_limits most) noexcept : most_{most} {}
  void limit_open(open_limits most) noexcept { most_ = most; }
  [[nodiscard]] const open_limits& open_limit() const noexcept { return most_; }

  /// Ids of different lives never coincide. Before anything else.
  void set_life(std::uint32_t life) noexcept { tasks_.set_life(life); }
  /// An engine that is known already stays as it is.
  void engine_joined(int engine);
  /// The engine is gone for good. @return whom to tell that their tasks are lost, in the order of submission
  [[nodiscard]] std::vector<owner> engine_lost(int engine);

  /// It accepts nothing more; what it has goes on.
  void close(int engine);
  /// @return the id under which to send the task to the engine; nothing if there is no such engine, or no has_place()
  [[nodiscard]] std::optional<std::uint64_t> submit(std::uint32_t client, std::uint64_t number, int engine,
                                                    const burden& what = {});
  /// Whether the client may have one more task open, with arguments of this size.
  [[nodiscard]] bool has_place(std::uint32_t client, std::uint64_t bytes = 0) const;
  /// The task ended, however. @return whom to tell; nothing for late, unknown and orphaned tasks
  [[nodiscard]] std::optional<owner> finished(std::uint64_t id, int engine);
  /// Whose a task is that has not ended.
  [[nodiscard]] std::optional<owner> owner_of(std::uint64_t id, int engine);
  /// Where those of a client's tasks are that have not ended. Unknown numbers are ignored.
  struct run {
    std::uint64_t id;
    int engine;
  };
  [[nodiscard]] std::vector<run> locate(std::uint32_t client, std::span<const std::uint64_t> numbers) const;
  /// The outcomes of the client's tasks will be dropped. @return where they are, in the order of submission
  std::vector<run> client_gone(std::uint32_t client);

  /// What time it is, as far as people want to know.
  void set_time(task_log::time_point now) noexcept { now_ = now; }
  /// Which tasks it lets go is told `l`, which outlives this.
  void log_in(task_log* l) noexcept { log_ = l; }
  /// Tasks that have not ended, in no order, and at most so many.
  [[nodiscard]] std::vector<open_task> open_tasks(std::size_t most) const;
  /// Whether this task has not ended. The first question about a client costs time for each of its tasks.
  [[nodiscard]] bool is_open(const owner& task);
  [[nodiscard]] bool knows(int engine) const { return engines_.count(engine) > 0; }
  /// Tasks that the engine has not ended, orphans included.
  [[nodiscard]] std::size_t pending(int engine) const;
  /// Tasks of all engines that have not ended, orphans included.
  [[nodiscard]] std::size_t pending() const noexcept { return tasks_.size(); }
  /// Tasks of the client that have not ended.
  [[nodiscard]] std::size_t tasks_of(std::uint32_t client) const;

private:
  struct engine_state;
  struct client_state;
  struct entry {
    std::uint64_t id = 0;
    chain_links<entry> engine_links;
    chain_links<entry> client_links;
    engine_state* engine = nullptr;
    client_state* client = nullptr; // null: an orphan
    std::uint64_t number = 0, bytes = 0;
    task_log::time_point submitted{};
    std::uint32_t kind = 0;
  };
  struct engine_state {
    int number = -1;
    bool closed = false;
    std::size_t count = 0;
    chain<entry, &entry::engine_links> tasks;
  };
  struct client_state {
    std::uint32_t id = 0;
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    chain<entry, &entry::client_links> tasks;
    std::unique_ptr<std::unordered_set<std::uint64_t>> numbers; // made when someone asks for one
  };

  std::optional<owner> end(entry& e);
  [[nodiscard]] bool fits(const client_state& c, std::uint64_t bytes) const noexcept {
    return c.count < most_.tasks && bytes <= most_.bytes && c.bytes <= most_.bytes - bytes;
  }

  open_limits most_;
  slab<entry> tasks_;
  std::unordered_map<int, engine_state> engines_;
  std::unordered_map<std::uint32_t, client_state> clients_;
  task_log::time_point now_{};
  task_log* log_ = nullptr;
};

} // namespace pactor::core
