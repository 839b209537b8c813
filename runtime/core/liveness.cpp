#include "runtime/core/liveness.hpp"

#include <algorithm>

namespace pactor::core {

bool liveness::beat(std::uint64_t id, time_point now) {
  auto& p = peers_[id];
  const auto revived = p.stands != standing::alive;
  p = {forward(now), standing::alive};
  return revived;
}

std::vector<std::uint64_t> liveness::expired(time_point now) {
  now = forward(now);
  std::vector<std::uint64_t> result;
  for (auto& [id, p] : peers_) {
    const auto silent = now - p.last;
    if (p.stands == standing::suspect && silent >= limits_.dead_after) {
      p.stands = standing::dead;
      result.push_back(id);
    } else if (p.stands == standing::alive && silent >= limits_.suspect_after) {
      p.stands = standing::suspect;
    }
  }
  return result;
}

std::vector<std::uint64_t> liveness::suspects() const {
  std::vector<std::uint64_t> result;
  for (const auto& [id, p] : peers_)
    if (p.stands == standing::suspect) result.push_back(id);
  return result;
}

/// Times that come out of order count as the latest one.
liveness::time_point liveness::forward(time_point now) {
  latest_ = std::max(latest_, now);
  return latest_;
}

} // namespace pactor::core
