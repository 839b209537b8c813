#include "runtime/core/task_graph.hpp"

#include <algorithm>
#include <limits>

namespace pactor::core {

void task_graph::counted::count(const parent& p) {
  const auto matches = p.state == parent_state::succeeded ? when.success : when.failure;
  if (matches) {
    ++matched;
  } else if (!contradicted) {
    contradicted = true;
    contradiction = p.task;
  }
}

task_graph::verdict task_graph::counted::now() const {
  if (when.parents.empty()) return verdict::met;
  if (when.all) return contradicted ? verdict::broken : open == 0 ? verdict::met : verdict::open;
  return matched > 0 ? verdict::met : open == 0 ? verdict::broken : verdict::open;
}

void task_graph::prepare(counted& c, std::uint64_t ticket, std::uint32_t client, bool follow) {
  for (std::size_t i = 0; i < c.when.parents.size(); ++i) {
    const auto& p = c.when.parents[i];
    if (p.state != parent_state::open) {
      c.count(p);
      continue;
    }
    ++c.open;
    watched_[{client, p.task}].push_back({ticket, static_cast<std::uint32_t>(i), follow});
  }
}

std::optional<task_graph::decision> task_graph::add(std::uint64_t ticket, std::uint32_t client, condition after,
                                                    condition follow) {
  node n{client, {std::move(after), 0, 0, 0, false}, {std::move(follow), 0, 0, 0, false}};
  prepare(n.after, ticket, client, false);
  prepare(n.follow, ticket, client, true);
  if (auto d = judge(ticket, n)) { // what watches for it finds no node
    d->client = client;
    return d;
  }
  nodes_.emplace(ticket, std::move(n));
  return std::nullopt;
}

void task_graph::ended(std::uint32_t client, std::uint64_t task, bool ok, int engine) {
  const auto waiting = watched_.extract({client, task});
  if (waiting.empty()) return;
  for (const auto& w : waiting.mapped()) {
    const auto at = nodes_.find(w.ticket);
    if (at == nodes_.end()) continue;
    auto& c = w.follow ? at->second.follow : at->second.after;
    auto& p = c.when.parents[w.index];
    p.state = ok ? parent_state::succeeded : parent_state::failed;
    p.engine = engine;
    --c.open;
    c.count(p);
    if (auto d = judge(w.ticket, at->second)) {
      d->client = client;
      decided_.push_back(std::move(*d));
      nodes_.erase(at);
    }
  }
}

std::optional<task_graph::decision> task_graph::judge(std::uint64_t ticket, const node& n) {
  const auto after = n.after.now(), follow = n.follow.now();
  if (after == verdict::broken) return decision{ticket, answer::contradicted, {}, n.after.contradiction, 0};
  if (follow == verdict::broken) return decision{ticket, answer::contradicted, {}, n.follow.contradiction, 0};
  if (after == verdict::open || follow == verdict::open) return std::nullopt;
  return n.follow.when.parents.empty() ? decision{ticket, answer::run, {}, 0, 0} : place(ticket, n.follow);
}

/// Where a task may run whose parents ended as they should.
task_graph::decision task_graph::place(std::uint64_t ticket, const counted& follow) {
  std::vector<int> on;
  std::uint64_t nowhere = 0;
  for (const auto& p : follow.when.parents) {
    const auto counts = p.state == parent_state::succeeded ? follow.when.success
                                                           : p.state == parent_state::failed && follow.when.failure;
    if (!counts) continue;
    if (p.engine >= 0)
      on.push_back(p.engine);
    else if (follow.when.all)
      return {ticket, answer::without_place, {}, p.task, 0};
    else
      nowhere = p.task;
  }
  std::sort(on.begin(), on.end());
  on.erase(std::unique(on.begin(), on.end()), on.end());
  if (on.empty()) return {ticket, answer::without_place, {}, nowhere, 0};
  if (follow.when.all && on.size() > 1) return {ticket, answer::scattered, {}, 0, 0};
  return {ticket, answer::run, std::move(on), 0, 0};
}

void task_graph::client_gone(std::uint32_t client) {
  watched_.erase(watched_.lower_bound({client, 0}),
                 watched_.upper_bound({client, std::numeric_limits<std::uint64_t>::max()}));
  std::erase_if(nodes_, [client](const auto& n) { return n.second.client == client; });
}

} // namespace pactor::core
