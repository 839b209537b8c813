#include "runtime/core/draining.hpp"

#include <utility>

namespace pactor::core {

draining::actions draining::begin(node_key node, std::optional<time_point> until) {
  const auto [at, added] = nodes_.try_emplace(node);
  at->second.until = until;
  if (!added) return {};
  return {{step::begin, node}, {step::count, node}};
}

draining::actions draining::counted(node_key node, std::uint64_t tasks) {
  const auto at = nodes_.find(node);
  if (at == nodes_.end() || !std::exchange(at->second.asked, false)) return {};
  auto& s = at->second;
  if (tasks > 0) return {};
  if (s.at == phase::emptying) { // one more may be on its way to the scheduler: that is asked once more
    s.at = phase::closed;
    s.asked = true;
    return {{step::close, node}, {step::count, node}};
  }
  if (s.at != phase::closed) return {};
  s.at = phase::leaving;
  return {{step::leave, node}};
}

std::optional<draining::departure> draining::gone(node_key node) {
  const auto at = nodes_.find(node);
  if (at == nodes_.end()) return std::nullopt;
  const departure result{at->second.at >= phase::leaving, at->second.until};
  nodes_.erase(at);
  return result;
}

draining::actions draining::tick(time_point now) {
  actions out;
  for (auto& [node, s] : nodes_) {
    if (s.until && *s.until <= now) {
      if (std::exchange(s.at, phase::forced) != phase::forced) out.push_back({step::force, node});
    } else if (s.at <= phase::closed && !std::exchange(s.asked, true)) {
      out.push_back({step::count, node});
    }
  }
  return out;
}

} // namespace pactor::core
