#include "runtime/core/engine_table.hpp"

#include <algorithm>
#include <utility>

namespace pactor::core {

std::vector<int> engine_table::node_joined(std::uint64_t node, const std::string& host, std::span<const int> requested,
                                           std::span<const int> pids) {
  if (nodes_.count(node) > 0) return {};
  std::vector<int> result(requested.size(), -1);
  const auto add = [&](std::size_t i, int id) {
    result[i] = id;
    engine_entry e{id, node, host, {}};
    if (i < pids.size()) e.condition.pid = pids[i];
    engines_.emplace(id, std::move(e));
    next_ = std::max(next_, id + 1);
  };
  // Those that ask come first, or a new engine could take a number that a later one of the same node asks for.
  for (std::size_t i = 0; i < requested.size(); ++i) {
    const auto wish = requested[i];
    if (wish >= 0 && wish <= highest_request && engines_.count(wish) == 0) add(i, wish);
  }
  for (std::size_t i = 0; i < requested.size(); ++i)
    if (result[i] < 0) add(i, next_);
  nodes_.emplace(node, result);
  return result;
}

std::vector<int> engine_table::engines_added(std::uint64_t node, std::size_t count) {
  const auto at = nodes_.find(node);
  if (at == nodes_.end() || at->second.empty()) return {};
  const auto host = engines_.at(at->second.front()).host;
  std::vector<int> result;
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = next_++;
    engines_.emplace(id, engine_entry{id, node, host, {}});
    at->second.push_back(id);
    result.push_back(id);
  }
  return result;
}

std::vector<int> engine_table::node_gone(std::uint64_t node) {
  const auto at = nodes_.find(node);
  if (at == nodes_.end()) return {};
  auto lost = std::move(at->second);
  nodes_.erase(at);
  for (const auto id : lost) engines_.erase(id);
  std::sort(lost.begin(), lost.end());
  return lost;
}

bool engine_table::set_condition(std::uint64_t node, int engine, engine_condition c) {
  const auto at = engines_.find(engine);
  if (at == engines_.end() || at->second.node != node) return false;
  at->second.condition = std::move(c);
  return true;
}

const engine_entry* engine_table::find(int engine) const {
  const auto at = engines_.find(engine);
  return at == engines_.end() ? nullptr : &at->second;
}

std::vector<int> engine_table::ids() const {
  std::vector<int> result;
  result.reserve(engines_.size());
  for (const auto& [id, e] : engines_) result.push_back(id);
  return result;
}

std::vector<engine_entry> engine_table::list() const {
  std::vector<engine_entry> result;
  result.reserve(engines_.size());
  for (const auto& [id, e] : engines_) result.push_back(e);
  return result;
}

} // namespace pactor::core
