#pragma once
// Tasks whose outcomes are kept for whoever asks, also when the client that submitted them is gone.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/owner.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::core {

/// How a kept task ended.
struct kept_outcome {
  std::uint16_t kind = 0; ///< wire::record_kind: result, failure or partial
  int engine = -1;
  std::uint32_t pid = 0;
  std::int64_t started = 0, completed = 0; ///< nanoseconds since the epoch
  detail::slice payload{};
};

/// Bounded: of the tasks that have ended, the oldest are forgotten when there are too many, and their outcomes dropped
/// when these take too much memory.
class task_history {
public:
  struct limits {
    std::size_t tasks = 1000;                   ///< that have ended
    std::size_t bytes = std::size_t{256} << 20; ///< of outcomes
  };
  task_history() noexcept : task_history{limits{}} {}
  explicit task_history(limits l) noexcept : limits_{l} {}

  struct entry {
    owner whose; ///< who submitted it, and that client's number for it
    std::string job, label;
    std::int64_t submitted = 0; ///< nanoseconds since the epoch
    std::optional<kept_outcome> outcome{};
    bool dropped = false;         ///< the outcome's payload is gone
    std::vector<owner> waiting{}; ///< who gets the outcome, under which number of their own
  };
  using table = std::map<std::uint64_t, entry>; ///< by key, in the order of submission

  /// A task that is to be kept. @return its key: never 0, never used again
  std::uint64_t open(entry e);
  /// @return the key of a task; nothing if it is not known, or not any more
  [[nodiscard]] std::optional<std::uint64_t> find(const owner& whose) const;
  /// Null if it is not known, or not any more.
  [[nodiscard]] const entry* at(std::uint64_t key) const;
  /// Someone wants the outcome as soon as there is one. @pre at(key), and it has none
  void wait(std::uint64_t key, const owner& who) { all_.at(key).waiting.push_back(who); }
  /// The task ended; a second time is ignored. @return who waits for it
  std::vector<owner> end(std::uint64_t key, kept_outcome o);
  /// The task never came wholly, and may be handed in once more. @return who waits for it
  std::vector<owner> withdraw(std::uint64_t key);
  /// Forgets what is too much, after those who waited were told.
  void trim();
  /// Nobody waits under this client's number any more.
  void client_gone(std::uint32_t client);

  [[nodiscard]] const table& all() const noexcept { return all_; }
  /// How many are forgotten.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

private:
  limits limits_;
  table all_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> keys_;
  std::uint64_t last_key_ = 0, forgotten_ = 0;
  std::size_t ended_ = 0, bytes_ = 0;
};

} // namespace pactor::core
