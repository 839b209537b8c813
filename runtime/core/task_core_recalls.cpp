// Taking tasks back from engines that would start them later than others could.

#include "runtime/core/task_core.hpp"

#include <algorithm>
#include <utility>

namespace pactor::core {

namespace {

// More engines are not looked at for one decision.
constexpr int most_looked_at = 64;
// An engine with more short tasks than this is not worth a look at their order.
constexpr std::size_t most_in_order = 4;

} // namespace

/// The first task of the engine is another one now, or there is none.
void task_core::started_next(engine_state& e) {
  e.running_since = now_;
  e.robbed = false;
  if (auto* first = e.tasks.front(); first && first->recalled) forget_recall(*first); // it will hardly come back
  if (e.crowded) { // to the end of those that are at their task for long
    crowd_.erase(e);
    crowd_.push_back(e);
  }
  if (std::exchange(e.advanced, true)) return;
  advanced_.push_back(e.number);
}

void task_core::forget_recall(entry& e) {
  e.recalled = false;
  --e.engine->recalled;
  e.expected ? --expected_ : --e.engine->late;
  e.expected = false;
}

void task_core::count_crowd(engine_state& e) {
  const auto crowded = e.count >= e.recalled + 2 && e.count > e.recalled + e.pinned;
  if (crowded == e.crowded) return;
  e.crowded = crowded;
  crowded ? crowd_.push_back(e) : crowd_.erase(e);
}

/// What it will not start within a round trip, and others could. @param for_idle only what one could that idles
task_core::surplus task_core::surplus_of(const engine_state& e, bool for_idle) const {
  surplus result;
  const auto* first = e.tasks.front();
  if (!first || e.paused) return result;
  const auto elapsed = now_ - e.running_since;
  result.overdue = elapsed > pace_.expected(first->kind) + round_trip;
  auto ahead = std::max(pace_.expected(first->kind) - elapsed, std::chrono::nanoseconds{0});
  for (auto* t = parts::queue::after(*first); t; t = parts::queue::after(*t)) {
    auto& g = *t->flow->group;
    const auto back = t->owner && !t->recalled && !t->withdrawn && t->transfer_size == 0 && t->recalls < most_recalls &&
                      (for_idle ? any_idle(g) : !g.pins());
    const auto soon = !result.overdue && ahead <= round_trip;
    if (back && !soon) result.tasks.push_back(t);
    if (back && soon) result.more_later = true;
    ahead += pace_.expected(t->kind);
  }
  return result;
}

void task_core::recall(entry& e, std::vector<run>& into) {
  auto& from = *e.engine;
  e.recalled = true;
  e.expected = true;
  ++e.recalls;
  ++from.recalled;
  ++expected_;
  recalled_.emplace_back(now_, e.id);
  from.robbed = true;
  placement_.update(from);
  count_crowd(from);
  into.push_back({e.id, from.number});
}

std::vector<task_core::run> task_core::recalls() {
  std::vector<run> result;
  look_again_.reset();
  forget_late_recalls();
  for (const auto& r : std::exchange(overdue_, {}))
    if (const auto* e = find_run(r.id, r.engine); e && !e->recalled) result.push_back(r); // nobody counts on it
  for (const auto number : std::exchange(advanced_, {})) {
    const auto at = engines_.find(number);
    if (at == engines_.end()) continue;
    at->second.advanced = false;
    if (queue_.size() > 0) recall_overtaken(at->second, result);
  }
  if (crowd_.front()) fill_idle(result);
  return result;
}

/// Tasks start in the order they were handed out, as far as that can be: one that waits behind a task that runs long
/// while a later one has started elsewhere is to go to whoever is next.
void task_core::recall_overtaken(const engine_state& ahead, std::vector<run>& into) {
  const auto* newest = ahead.tasks.front();
  if (!newest) return;
  int looked_at = 0;
  for (auto* e = crowd_.front(); e && ++looked_at <= static_cast<int>(most_in_order);) {
    auto& behind = *std::exchange(e, parts::crowd::after(*e));
    if (now_ - behind.running_since <= round_trip) return; // so are all that follow
    auto* next = parts::queue::after(*behind.tasks.front());
    if (&behind == &ahead || behind.count > most_in_order || next->handed > newest->handed) continue;
    for (const auto s = surplus_of(behind, false); auto* t : s.tasks) recall(*t, into);
  }
}

/// What does not come back soon may not come at all: its node stands still, say.
void task_core::forget_late_recalls() {
  while (!recalled_.empty()) {
    const auto [since, id] = recalled_.front();
    auto* e = tasks_.find(id);
    const auto expected = e && e->expected;
    if (expected && now_ - since < patience) return;
    if (expected) {
      e->expected = false;
      --expected_;
      ++e->engine->late;
    }
    recalled_.pop_front();
  }
}

/// Whether an engine that idles may run the group's tasks: looked up once for all of them.
bool task_core::any_idle(parts::group& g) const {
  if (g.anywhere()) return true;
  if (std::exchange(g.looked_at, fills_) != fills_)
    g.idle = std::any_of(g.engines.begin(), g.engines.end(), [](const auto* e) { return e->idle; });
  return g.idle;
}

/// Engines that have nothing to do, and for which nothing waits, get what others would start too late.
void task_core::fill_idle(std::vector<run>& into) {
  auto wanted = placement_.idle();
  if (wanted == 0) return;
  if (wanted <= expected_) { // these will do
    look_again_ = recalled_.front().first + patience;
    return;
  }
  wanted -= expected_;
  ++fills_;
  int looked_at = 0;
  for (auto* e = crowd_.front(); e && wanted > 0 && ++looked_at <= most_looked_at;) {
    auto& from = *std::exchange(e, parts::crowd::after(*e));
    if (from.late > 0) continue; // it would not give that back either
    const auto s = surplus_of(from, true);
    if (s.more_later) look_again_ = now_ + round_trip;
    if (s.tasks.empty()) continue;
    // An engine that goes on by itself keeps its share.
    const auto takers = wanted + (s.overdue ? 0 : 1);
    const auto most = std::min(s.tasks.size(), wanted * window(s.tasks.back()->kind));
    const auto count = std::max<std::size_t>(1, most * wanted / takers);
    for (std::size_t i = 0; i < count; ++i) recall(*s.tasks[s.tasks.size() - 1 - i], into);
    wanted -= std::min(wanted, count);
  }
}

bool task_core::could_run_elsewhere(const parts::group& g) const {
  const auto stays = [](const engine_state& e) { return !e.draining; };
  if (g.anywhere())
    return std::any_of(engines_.begin(), engines_.end(), [&](const auto& e) { return stays(e.second); });
  return std::any_of(g.engines.begin(), g.engines.end(), [&](const auto* e) { return stays(*e); });
}

/// For tasks that may run on engines only that are to leave: nobody else could run them.
task_core::engine_state* task_core::last_resort(const parts::group& g) const {
  constexpr std::size_t most = 2; // one that runs, and one that hides the way there
  if (g.anywhere() || could_run_elsewhere(g)) return nullptr;
  engine_state* best = nullptr;
  for (auto* e : g.engines)
    if (!e->paused && e->count < most && (!best || e->count < best->count)) best = e;
  return best;
}

std::vector<task_core::run> task_core::engine_draining(int engine) {
  std::vector<run> result;
  const auto at = engines_.find(engine);
  if (at == engines_.end() || std::exchange(at->second.draining, true)) return result;
  auto& e = at->second;
  ++draining_;
  placement_.update(e);
  for (auto* t = e.tasks.front(); t; t = parts::queue::after(*t))
    if (t->owner && !t->recalled && !t->withdrawn && t->transfer_size == 0 && could_run_elsewhere(*t->flow->group))
      recall(*t, result);
  return result;
}

std::size_t task_core::left_for(int engine) const {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return 0;
  auto left = at->second.count;
  for (const auto* g : queue_.active()) {
    const auto among = std::find(g->engines.begin(), g->engines.end(), &at->second) != g->engines.end();
    if (among && !could_run_elsewhere(*g)) ++left;
  }
  return left;
}

} // namespace pactor::core
