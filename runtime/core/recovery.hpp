#pragma once
// What a restarted scheduler finds out before it goes on: which tasks nodes still have, and whose they are.

#include "runtime/core/owner.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace pactor::core {

/// Matches tasks that clients hand in again with those that nodes hold, by client and number. Clients wait for nodes:
/// until all who were there are back or the time is over, nothing is handed out. What nodes hold keeps the ids of the
/// earlier life; they are translated here.
class recovery {
public:
  struct run {
    owner task;
    std::uint64_t id = 0; ///< by which the node knows it
    int engine = -1;
    bool runs = true; ///< it has not ended, or has a result
  };

  /// There was an earlier life, with these engines and clients. Opens the window. @param lost engines that it gave up:
  /// what became of their tasks, clients may not have heard. Those that came back to it dropped what they knew of that;
  /// the others are not waited for.
  void expect(std::span<const int> engines, std::span<const std::uint32_t> clients, std::span<const int> lost = {});
  /// Whether it must still be waited for someone.
  [[nodiscard]] bool open() const noexcept { return open_; }
  /// Everyone is back.
  [[nodiscard]] bool complete() const noexcept { return engines_.empty() && clients_.empty(); }
  void close() noexcept { open_ = false; }
  /// True if nothing has to be looked up or translated: as in a first life.
  [[nodiscard]] bool idle() const noexcept { return held_.empty() && ours_.empty(); }

  /// Runs that it knows of.
  [[nodiscard]] std::size_t size() const noexcept {
    return held_.size() + unclaimed_.size() + ours_.size() + theirs_.size();
  }

  /// A node is back with these engines and tasks. @param forgot that it does not know all that it ended
  void node_told(std::span<const int> engines, const std::vector<run>& runs, bool forgot);
  /// A client has handed in all that it had open.
  void client_told(std::uint32_t client);
  /// It was cut off: what it has open it hands in once more when it is back.
  void client_lost(std::uint32_t client);

  /// Who has this task, if someone has; from then on it is no longer held for a client to come.
  [[nodiscard]] std::optional<run> claim(const owner& task);
  /// False if a task that nobody has may have run nevertheless: on some engine, or on this one.
  [[nodiscard]] bool certain() const noexcept { return engines_.empty() && lost_.empty() && forgetful_.empty(); }
  [[nodiscard]] bool certain(int engine) const {
    return !engines_.contains(engine) && !lost_.contains(engine) && !forgetful_.contains(engine);
  }
  /// A claimed run goes on under an id of ours.
  void adopted(const run& r, std::uint64_t ours);
  /// Our id of a run that a node names; `theirs` itself if it is no run of an earlier life.
  [[nodiscard]] std::uint64_t ours(std::uint64_t theirs, int engine) const;
  /// The id by which the node knows a run of ours.
  [[nodiscard]] std::uint64_t theirs(std::uint64_t ours) const;
  /// A run that a node names has ended.
  void ended(std::uint64_t theirs, int engine);
  /// The same, but its outcome is lost.
  void forgotten(std::uint64_t theirs, int engine);
  /// Whose a run is that no client has claimed.
  [[nodiscard]] std::optional<owner> unclaimed(std::uint64_t theirs, int engine) const;
  void engine_lost(int engine);
  /// Takes out what is held for clients that are back and did not claim it, nor are about to: will_claim(owner), and
  /// for those that were given up before. With `all` also for clients that are not back.
  [[nodiscard]] std::vector<run> unwanted(bool all, const std::function<bool(const owner&)>& will_claim = {});

private:
  using place = std::pair<int, std::uint64_t>; // engine and id there
  bool open_ = false;
  std::set<int> engines_;                                       // not back
  std::set<int> lost_;                                          // in the earlier life, and not back
  std::set<int> forgetful_;                                     // where outcomes were lost
  std::set<std::uint32_t> expected_;                            // clients that may come back
  std::set<std::uint32_t> clients_;                             // not back
  std::set<std::uint32_t> told_;                                // back
  std::map<std::pair<std::uint32_t, std::uint64_t>, run> held_; // by client and number
  std::map<place, owner> unclaimed_;
  std::map<place, std::uint64_t> ours_;
  std::map<std::uint64_t, std::uint64_t> theirs_;
};

} // namespace pactor::core
