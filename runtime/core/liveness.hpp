#pragma once
// Who has not been heard of for too long.

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace pactor::core {

/// Watches peers by their beats. A silent peer is suspected first, and given up only by a later check: if this process
/// itself was held up, the beats that piled up meanwhile are read in between and clear the peers.
class liveness {
public:
  using time_point = std::chrono::steady_clock::time_point;
  struct limits {
    std::chrono::milliseconds suspect_after{2500};
    std::chrono::milliseconds dead_after{5000};
  };

  liveness() = default;
  explicit liveness(limits l) : limits_{l} {}

  /// The peer was heard of; an unknown one is watched from now on.
  /// @return true if it was suspected or taken for dead
  bool beat(std::uint64_t id, time_point now);
  /// Not watched any more.
  void forget(std::uint64_t id) { peers_.erase(id); }
  /// @return who is taken for dead since the last check, ascending; each once until it beats again
  [[nodiscard]] std::vector<std::uint64_t> expired(time_point now);
  /// Who is suspected and not yet dead, ascending.
  [[nodiscard]] std::vector<std::uint64_t> suspects() const;

private:
  enum class standing : std::uint8_t { alive, suspect, dead };
  struct peer {
    time_point last{};
    standing stands = standing::alive;
  };
  time_point forward(time_point now);

  limits limits_{};
  time_point latest_ = time_point::min();
  std::map<std::uint64_t, peer> peers_;
};

} // namespace pactor::core
