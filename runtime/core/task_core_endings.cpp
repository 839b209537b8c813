// What becomes of tasks that did not end well: lost engines, errors, and too long a wait.

#include "runtime/core/task_core.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace pactor::core {

std::vector<given_up> task_core::engine_lost(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return {};
  auto& lost = at->second;
  queue_.engine_lost(lost);

  std::vector<given_up> result;
  // Which of them had started is not known, only that they started in order.
  for (auto started = true; auto* e = lost.tasks.front(); started = false) {
    if (const auto ended = reroute(*e, started, true)) result.push_back(*ended);
  }
  placement_.remove(lost);
  if (lost.draining) --draining_;
  engines_.erase(at);
  lose_abandoned(result);
  return result;
}

/// Of what went back and what had waited, some has nowhere to go now.
void task_core::lose_abandoned(std::vector<given_up>& into) {
  std::vector<entry*> stranded;
  for (auto* g : queue_.abandoned())
    for (auto& [key, f] : g->flows)
      for (auto* e = f.waiting.front(); e; e = parts::queue::after(*e)) stranded.push_back(e);
  for (auto* e : stranded) {
    into.push_back(
        give_up(*e, e->extras && e->extras->followed ? give_up_reason::unreachable : give_up_reason::no_engine));
  }
}

std::optional<given_up> task_core::task_lost(std::uint64_t id, int engine, bool started, bool blamed) {
  auto* e = find_run(id, engine);
  if (!e) return std::nullopt;
  return reroute(*e, started && blamed, started);
}

task_core::verdict task_core::failed(std::uint64_t id, int engine, std::chrono::nanoseconds run_time, error_kind why) {
  auto* e = find_run(id, engine);
  if (!e) return {};
  const auto refused = why == error_kind::refused;
  if (!refused) pace_.learn(e->kind, run_time);
  const auto again = e->owner && !e->withdrawn && (refused || (e->idempotent && e->extras && e->extras->retries > 0));
  if (!again) return {finish(*e, work_done(*e, run_time))};
  if (!e->extras) {
    e->extras = std::make_unique<parts::extras>();
    e->extras->allowed = e->flow->group->allowed;
  }
  auto& x = *e->extras;
  auto& there = refused ? x.refused : x.ran;
  if (std::find(there.begin(), there.end(), engine) == there.end()) there.push_back(engine);
  if (!refused) --x.retries;
  x.passed = 0;
  const auto refused_by = x.refused;
  const owner whose{e->owner->id, e->number};
  detach(*e, work_done(*e, run_time));
  ++e->reruns;
  if (refused && !regroup(*e)) {
    end(*e);
    return {whose, refused_by};
  }
  x.deadline = now_ + x.timeout;
  queue_.put_back(*e);
  start_clock(*e);
  return {};
}

/// Finds the tasks that wait with this one: those that may run where it may and was not refused. @return false if there
/// is no such engine
bool task_core::regroup(entry& e) {
  const auto& x = *e.extras;
  auto* g = queue_.group_for(x.allowed, x.refused, engines_);
  if (!g) return false;
  if (g == e.flow->group) return true;
  const auto client = e.flow->share->client;
  const auto priority = e.flow->priority;
  ++g->count; // both groups stay while it changes
  queue_.leave(e);
  --g->count;
  queue_.enter(e, *g, client, priority);
  return true;
}

/// What becomes of a task whose engine did not finish it.
std::optional<given_up> task_core::reroute(entry& e, bool started, bool may_have_started) {
  const auto work = may_have_started ? work_so_far(e) : 0;
  if (!e.owner) {
    detach(e, work);
    end(e);
    return std::nullopt;
  }
  if (started) ++e.losses;
  if (may_have_started) ++e.reruns;
  if (e.withdrawn) return give_up(e, give_up_reason::withdrawn);
  if (may_have_started && !e.idempotent) return give_up(e, give_up_reason::not_idempotent);
  if (e.losses > max_losses_) return give_up(e, give_up_reason::losses);
  detach(e, work);
  if (may_have_started && e.extras) e.extras->deadline = now_ + e.extras->timeout; // it waits anew
  queue_.put_back(e);
  start_clock(e);
  return std::nullopt;
}

/// Ends a task, wherever it is. @pre e.owner
given_up task_core::give_up(entry& e, give_up_reason reason) {
  assert(e.owner);
  given_up result{{e.owner->id, e.number}, e.losses, reason};
  if (reason == give_up_reason::timed_out) result.timeout = e.extras->timeout;
  if (e.held) result.held = e.id;
  if (e.engine) {
    detach(e, work_so_far(e));
  } else {
    stop_clock(e);
    if (e.held)
      --held_;
    else
      queue_.take(e);
  }
  end(e);
  return result;
}

void task_core::start_clock(entry& e) {
  if (e.extras && e.extras->timeout > std::chrono::nanoseconds{0}) timeouts_.insert({e.extras->deadline, &e});
}

void task_core::stop_clock(entry& e) {
  if (e.extras && e.extras->timeout > std::chrono::nanoseconds{0}) timeouts_.erase({e.extras->deadline, &e});
}

std::vector<given_up> task_core::expire() {
  std::vector<given_up> result;
  while (!timeouts_.empty() && timeouts_.begin()->first <= now_) {
    auto& e = *timeouts_.begin()->second;
    if (!e.engine) {
      result.push_back(give_up(e, give_up_reason::timed_out));
      continue;
    }
    timeouts_.erase(timeouts_.begin());
    if (e.owner && !e.withdrawn && !e.recalled) overdue_.push_back({e.id, e.engine->number});
  }
  return result;
}

std::optional<task_core::time_point> task_core::wake_at() const {
  auto at = look_again_;
  if (!timeouts_.empty() && (!at || timeouts_.begin()->first < *at)) at = timeouts_.begin()->first;
  return at;
}

} // namespace pactor::core
