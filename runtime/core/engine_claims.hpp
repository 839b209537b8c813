#pragma once
// Whose the numbers of engines are, for nodes that ask for some.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

namespace pactor::core {

/// A node that has a number's key may have it. One that has none may have a number that nobody had, which is how ranks
/// of MPI begin that somebody starts by hand; and one that was asked for in this way and lost a while ago.
class engine_claims {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Longer than a node that was cut off tries to come back.
  static constexpr std::chrono::seconds protection{60};
  /// Numbers that are remembered. When there are more, nobody gets one without its key.
  static constexpr std::size_t most = 200'000;

  [[nodiscard]] bool free_for_all(int engine, time_point now) const {
    const auto at = known_.find(engine);
    if (at == known_.end()) return known_.size() < most;
    return at->second.lost && !at->second.keyed && now - *at->second.lost >= protection;
  }
  /// @param keyed  it was given with its key, or nobody asked for it
  void joined(int engine, bool keyed) {
    if (known_.size() >= most && !known_.contains(engine)) return;
    known_.try_emplace(engine, holder{keyed, std::nullopt}).first->second.lost.reset();
  }
  /// Also of an earlier life of the controller, which does not know more.
  void lost(int engine, time_point now) {
    if (known_.size() < most || known_.contains(engine))
      known_.try_emplace(engine, holder{false, std::nullopt}).first->second.lost = now;
  }

private:
  struct holder {
    bool keyed;
    std::optional<time_point> lost;
  };
  std::map<int, holder> known_;
};

} // namespace pactor::core
