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
    watched_[{client, p.task}].list.push_back({ticket, static_cast<std::uint32_t>(i), follow});
    ++watches_;
  }
}

std::optional<task_graph::decision> task_graph::add(std::uint64_t ticket, std::uint32_t client, condition after,
                                                    condition follow) {
  const auto at = nodes_.insert_or_assign(ticket, node{client, {std::move(after)}, {std::move(follow)}}).first;
  auto& n = at->second;
  prepare(n.after, ticket, client, false);
  prepare(n.follow, ticket, client, true);
  auto d = judge(ticket, n);
  if (!d) return std::nullopt;
  d->client = client;
  forget(at);
  return d;
}

void task_graph::drop(std::uint64_t ticket) {
  if (const auto at = nodes_.find(ticket); at != nodes_.end()) forget(at);
}

/// Forgets a task. It may watch for some that are open for long: those drop who watches in vain when they are half of
/// all.
void task_graph::forget(std::unordered_map<std::uint64_t, node>::iterator at) {
  const auto gone = nodes_.extract(at);
  const auto& n = gone.mapped();
  for (const auto* c : {&n.after, &n.follow})
    for (const auto& p : c->when.parents) {
      const auto w = p.state == parent_state::open ? watched_.find({n.client, p.task}) : watched_.end();
      if (w == watched_.end()) continue;
      auto& [list, in_vain] = w->second;
      if (++in_vain * 2 < list.size()) continue;
      watches_ -= std::erase_if(list, [this](const watch& x) { return !nodes_.contains(x.ticket); });
      in_vain = 0;
      if (list.empty()) watched_.erase(w);
    }
}

void task_graph::ended(std::uint32_t client, std::uint64_t task, bool ok, int engine) {
  const auto waiting = watched_.extract({client, task});
  if (waiting.empty()) return;
  watches_ -= waiting.mapped().list.size();
  for (const auto& w : waiting.mapped().list) {
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
      forget(at);
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

std::vector<std::uint64_t> task_graph::client_gone(std::uint32_t client) {
  const auto first = watched_.lower_bound({client, 0});
  const auto last = watched_.upper_bound({client, std::numeric_limits<std::uint64_t>::max()});
  for (auto w = first; w != last; ++w) watches_ -= w->second.list.size();
  watched_.erase(first, last);
  std::vector<std::uint64_t> tickets;
  std::erase_if(nodes_, [&](const auto& n) {
    if (n.second.client != client) return false;
    tickets.push_back(n.first);
    return true;
  });
  return tickets;
}

} // namespace pactor::core
