#pragma once
// Tasks that wait for others to end, and when they may run or never will.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor::core {

/// Says for each task, once, whether it may run: as soon as that is certain. Knows tasks by the numbers that their
/// client gave them, and those that wait by a ticket. Cost: a step for each parent, whatever waits.
class task_graph {
public:
  enum class parent_state : std::uint8_t { open, succeeded, failed };
  struct parent {
    std::uint64_t task = 0;
    parent_state state = parent_state::open;
    int engine = -1; ///< that it ran on, if it ended; -1: none
  };
  /// Met when all of the parents, or one, ended as they should; by no parents always.
  struct condition {
    std::vector<parent> parents{};
    bool all = true;
    bool success = true;  ///< a result counts
    bool failure = false; ///< an error counts
  };

  enum class answer : std::uint8_t {
    run,           ///< it may run
    contradicted,  ///< `parent` ended otherwise than it should
    scattered,     ///< it is to follow parents that ran on several engines
    without_place, ///< it is to follow `parent`, which ran on no engine
  };
  struct decision {
    std::uint64_t ticket = 0;
    answer what = answer::run;
    std::optional<std::vector<int>> on{}; ///< the engines where it may run, if it is to follow others
    std::uint64_t parent = 0;             ///< that made it impossible
    std::uint32_t client = 0;             ///< whose tasks these are
  };

  /// A task that runs after others, and where others ran. @return what is certain already; nothing: decided() will tell
  std::optional<decision> add(std::uint64_t ticket, std::uint32_t client, condition after, condition follow);
  /// A task of the client ended.
  void ended(std::uint32_t client, std::uint64_t task, bool ok, int engine);
  /// What is certain since this was called last, in the order it became so.
  [[nodiscard]] std::vector<decision> decided() { return std::exchange(decided_, {}); }
  /// A task that waited ended without being decided; others are ignored.
  void drop(std::uint64_t ticket);
  /// Forgets the client's tasks. @return the tickets of those that waited
  std::vector<std::uint64_t> client_gone(std::uint32_t client);

  [[nodiscard]] bool empty() const noexcept { return watched_.empty(); }
  /// What it keeps in memory: tasks that wait, and for which others they do.
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size() + watches_; }
  /// Whether someone waits for this task, so that it is known and open.
  [[nodiscard]] bool watches(std::uint32_t client, std::uint64_t task) const {
    return watched_.contains({client, task});
  }

private:
  enum class verdict : std::uint8_t { open, met, broken };
  struct counted {
    condition when{};
    std::size_t open = 0, matched = 0;
    std::uint64_t contradiction = 0; // the first parent that ended otherwise
    bool contradicted = false;

    void count(const parent& p);
    [[nodiscard]] verdict now() const;
  };
  struct node {
    std::uint32_t client = 0;
    counted after, follow;
  };
  struct watch {
    std::uint64_t ticket;
    std::uint32_t index; // of the parent
    bool follow;
  };

  struct watchers {
    std::vector<watch> list;
    std::size_t in_vain = 0; // of them, at least: of those who are gone
  };

  void prepare(counted& c, std::uint64_t ticket, std::uint32_t client, bool follow);
  void forget(std::unordered_map<std::uint64_t, node>::iterator at);
  static std::optional<decision> judge(std::uint64_t ticket, const node& n);
  static decision place(std::uint64_t ticket, const counted& follow);

  std::unordered_map<std::uint64_t, node> nodes_; // by ticket
  std::map<std::pair<std::uint32_t, std::uint64_t>, watchers> watched_;
  std::size_t watches_ = 0;
  std::vector<decision> decided_;
};

} // namespace pactor::core
