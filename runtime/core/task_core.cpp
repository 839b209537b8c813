#include "runtime/core/task_core.hpp"

#include <algorithm>
#include <utility>

namespace pactor::core {

task_core::task_core(std::uint32_t max_losses, pace::limits limits, placement::options where)
    : max_losses_{max_losses}, pace_{limits}, placement_{where, pace_.target()} {}

void task_core::engine_joined(int engine) {
  const auto [at, added] = engines_.try_emplace(engine);
  if (!added) return;
  auto& e = at->second;
  e.number = engine;
  placement_.add(e);
  queue_.engine_joined(e);
}

void task_core::engine_paused(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return;
  at->second.paused = true;
  placement_.update(at->second);
}

void task_core::engine_resumed(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return;
  at->second.paused = false;
  placement_.update(at->second);
}

parts::client& task_core::client_of(std::uint32_t id) {
  if (!recent_client_ || recent_client_->id != id) {
    recent_client_ = &clients_[id];
    recent_client_->id = id;
  }
  return *recent_client_;
}

/// A task of the client, which neither waits nor has an engine yet. @return null if none of its engines is known
task_core::entry* task_core::admit(task_request& request) {
  auto* g = queue_.group_for({request.allowed.begin(), request.allowed.end()}, {}, engines_);
  if (!g) return nullptr;
  auto& client = client_of(request.client);

  auto& e = tasks_.add();
  e.owner = &client;
  e.number = request.number;
  e.payload = std::move(request.payload);
  e.transfer_size = request.transfer_size;
  e.sequence = ++submitted_;
  e.submitted = now_;
  e.kind = request.kind;
  e.idempotent = request.idempotent;
  if (request.retries > 0 || request.timeout > std::chrono::nanoseconds{0}) {
    e.extras = std::make_unique<parts::extras>();
    e.extras->retries = request.retries;
    e.extras->timeout = request.timeout;
    e.extras->deadline = now_ + request.timeout;
    e.extras->allowed = g->allowed;
  }
  client.tasks.push_back(e);
  ++client.count;
  if (client.by_number) client.by_number->emplace(e.number, &e);
  queue_.enter(e, *g, request.share != 0 ? request.share : request.client, request.priority);
  return &e;
}

bool task_core::has_place(std::uint32_t client, std::uint64_t bytes, std::size_t coming) {
  const auto* s = queue_.find_share(client);
  if (!s && coming == 0) return true; // even if it alone is too much
  return coming + (s ? s->open : 0) < open_limits_.tasks && bytes + (s ? s->bytes : 0) <= open_limits_.bytes;
}

submission task_core::submit(task_request request) {
  if (!has_place(request.share != 0 ? request.share : request.client, request.payload.size))
    return submission::too_many;
  auto* e = admit(request);
  if (!e) return submission::impossible;
  queue_.push(*e);
  start_clock(*e);
  return submission::accepted;
}

std::optional<std::uint64_t> task_core::hold(task_request request) {
  if (!has_place(request.share != 0 ? request.share : request.client, request.payload.size)) return std::nullopt;
  const auto allowed = std::exchange(request.allowed, {}); // looked at when it is released
  auto* e = admit(request);
  if (!e->extras) e->extras = std::make_unique<parts::extras>();
  e->extras->allowed.assign(allowed.begin(), allowed.end());
  e->held = true;
  ++held_;
  start_clock(*e);
  return e->id;
}

std::optional<given_up> task_core::release(std::uint64_t id, std::optional<std::span<const int>> on) {
  auto* e = tasks_.find(id);
  if (!e || !e->held) return std::nullopt;
  auto& allowed = e->extras->allowed;
  std::sort(allowed.begin(), allowed.end());
  if (on) {
    e->extras->followed = true;
    std::vector<int> both;
    for (const auto engine : *on)
      if (allowed.empty() || std::binary_search(allowed.begin(), allowed.end(), engine)) both.push_back(engine);
    allowed = std::move(both);
  }
  if ((on && allowed.empty()) || !regroup(*e))
    return give_up(*e, on ? give_up_reason::unreachable : give_up_reason::no_engine);
  e->held = false;
  --held_;
  e->sequence = ++submitted_; // it stands where those stand that are submitted now
  queue_.push(*e);
  return std::nullopt;
}

std::optional<owner> task_core::drop_held(std::uint64_t id) {
  auto* e = tasks_.find(id);
  if (!e || !e->held) return std::nullopt;
  return give_up(*e, give_up_reason::unreachable).task;
}

std::optional<assignment> task_core::next() {
  if (queue_.size() == 0 || (!placement_.any_room() && draining_ == 0)) return std::nullopt;
  parts::flow* best = nullptr;
  engine_state* chosen = nullptr;
  const auto before = [](parts::flow& a, parts::flow& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.share->served != b.share->served) return a.share->served < b.share->served;
    return a.waiting.front()->sequence < b.waiting.front()->sequence;
  };
  const auto active = queue_.active();
  for (auto i = active.size(); i > 0; --i) { // first() may put the last one in the place of this one
    auto& g = *active[i - 1];
    if (draining_ == 0 && g.full_at == placement_.openings()) continue;
    auto* f = queue_.first(g);
    if (!f || (best && !before(*f, *best))) continue;
    auto* engine =
        g.anywhere() ? (placement_.any_room() ? placement_.choose() : nullptr) : placement_.choose(g.engines);
    if (!engine && draining_ > 0) engine = last_resort(g);
    if (engine) {
      best = f;
      chosen = engine;
    } else {
      if (draining_ == 0) g.full_at = placement_.openings();
    }
  }
  if (!best) return std::nullopt;
  auto& e = elsewhere(*best->waiting.front(), chosen);
  queue_.take(e);
  hand_out(e, *chosen);
  return assignment{chosen->number, e.id, {e.owner->id, e.number}, e.payload, e.transfer_size};
}

/// A task that failed somewhere is to run elsewhere, if there is room now, or soon: else it lets later ones of its flow
/// have the engine, a few times. @return which task is handed out
task_core::entry& task_core::elsewhere(entry& first, engine_state*& chosen) {
  const auto ran_on = [](const entry& e, const engine_state& on) {
    return e.extras && std::find(e.extras->ran.begin(), e.extras->ran.end(), on.number) != e.extras->ran.end();
  };
  if (!ran_on(first, *chosen)) return first;
  const auto& g = *first.flow->group;
  if (auto* other = placement_.choose_if([&](const auto& e) { return g.admits(e.number) && !ran_on(first, e); })) {
    chosen = other;
    return first;
  }
  const auto better = [&](const auto& e) {
    return !e.second.paused && !e.second.draining && g.admits(e.first) && !ran_on(first, e.second);
  };
  if (std::none_of(engines_.begin(), engines_.end(), better)) return first;
  int looked_at = 0;
  for (auto* e = &first; e && ++looked_at <= most_passed; e = parts::queue::after(*e)) {
    if (!ran_on(*e, *chosen)) return *e;
    if (++e->extras->passed > most_passed) return *e;
  }
  return first;
}

/// Gives a task that does not wait any more to an engine.
void task_core::hand_out(entry& e, engine_state& to) {
  tasks_.renew(e);
  e.engine = &to;
  e.handed = ++handed_;
  const auto bytes = e.payload.size + e.transfer_size;
  e.cost = pace_.cost(e.kind, bytes);
  queue_.charge(e, pace_.work(e.kind, bytes));
  if (to.count == 0) to.running_since = now_;
  to.tasks.push_back(e);
  ++to.count;
  if (e.flow->group->pins()) ++to.pinned;
  to.work += e.cost;
  placement_.use(to);
  placement_.update(to);
  count_crowd(to);
}

std::optional<std::uint64_t> task_core::adopt(task_request request, int engine) {
  const auto at = engines_.find(engine);
  auto* e = at == engines_.end() ? nullptr : admit(request);
  if (!e) return std::nullopt;
  hand_out(*e, at->second);
  return e->id;
}

std::optional<owner> task_core::finished(std::uint64_t id, int engine, std::chrono::nanoseconds run_time) {
  auto* e = find_run(id, engine);
  if (!e) return std::nullopt;
  pace_.learn(e->kind, run_time);
  return finish(*e, work_done(*e, run_time));
}

std::optional<owner> task_core::ended(std::uint64_t id, int engine) {
  auto* e = find_run(id, engine);
  return e ? finish(*e, work_so_far(*e)) : std::nullopt;
}

std::optional<owner> task_core::finish(entry& e, std::int64_t work) {
  const auto told = e.owner ? std::optional{owner{e.owner->id, e.number}} : std::nullopt;
  detach(e, work);
  end(e);
  return told;
}

/// What a task has used of its engine that does not say how long it ran, as far as is known.
std::int64_t task_core::work_so_far(const entry& e) const {
  return e.engine->tasks.front() == &e ? work_done(e, now_ - e.engine->running_since) : 0;
}

std::optional<task_core::running> task_core::owner_of(std::uint64_t id, int engine) {
  const auto* e = find_run(id, engine);
  if (!e || !e->owner) return std::nullopt;
  return running{{e->owner->id, e->number}, e->reruns};
}

task_core::withdrawal task_core::withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) {
  withdrawal result;
  const auto at = clients_.find(client);
  if (at == clients_.end()) return result;
  const std::set<std::uint64_t> wanted{numbers.begin(), numbers.end()};
  auto& c = at->second;
  if (c.by_number) {
    for (auto number = wanted.begin(); c.by_number && number != wanted.end(); ++number) // the last one takes it along
      if (const auto known = c.by_number->find(*number); known != c.by_number->end())
        withdraw_one(*known->second, result);
    return result;
  }
  auto* next = c.tasks.front();
  while (auto* e = next) {
    next = parts::client_tasks::after(*e);
    if (wanted.contains(e->number)) withdraw_one(*e, result);
  }
  return result;
}

void task_core::withdraw_one(entry& e, withdrawal& into) {
  if (e.engine) {
    e.withdrawn = true;
    into.running.push_back({e.id, e.engine->number});
    return;
  }
  into.ended.push_back(e.number);
  if (e.held) into.held.push_back(e.id);
  (void)give_up(e, give_up_reason::withdrawn);
}

void task_core::client_gone(std::uint32_t client) {
  queue_.resume(client); // what others wait for goes on
  const auto at = clients_.find(client);
  if (at == clients_.end()) return;
  at->second.by_number.reset();
  if (recent_client_ == &at->second) recent_client_ = nullptr;
  auto* log = std::exchange(log_, nullptr); // there is nobody to tell
  while (auto* e = at->second.tasks.front()) {
    if (e->engine) {
      at->second.tasks.erase(*e);
      e->owner = nullptr;
    } else {
      (void)give_up(*e, give_up_reason::withdrawn);
    }
  }
  clients_.erase(at);
  log_ = log;
}

std::vector<open_task> task_core::open_tasks(std::size_t most) const {
  std::vector<open_task> result;
  tasks_.for_each([&](const entry& e) {
    if (result.size() >= most) return false;
    if (e.owner) result.push_back({{e.owner->id, e.number}, e.kind, e.submitted, e.engine ? e.engine->number : -1});
    return true;
  });
  return result;
}

std::size_t task_core::outstanding(int engine) const {
  const auto at = engines_.find(engine);
  return at == engines_.end() ? 0 : at->second.count;
}

std::size_t task_core::tasks_of(std::uint32_t client) const {
  const auto at = clients_.find(client);
  return at == clients_.end() ? 0 : at->second.count;
}

bool task_core::is_open(const owner& task) {
  const auto at = clients_.find(task.client);
  if (at == clients_.end()) return false;
  auto& client = at->second;
  if (!client.by_number) {
    client.by_number = std::make_unique<std::unordered_map<std::uint64_t, entry*>>();
    for (auto* e = client.tasks.front(); e; e = parts::client_tasks::after(*e)) client.by_number->emplace(e->number, e);
  }
  return client.by_number->contains(task.number);
}

task_core::entry* task_core::find_run(std::uint64_t id, int engine) {
  auto* e = tasks_.find(id);
  return e && e->engine && e->engine->number == engine ? e : nullptr;
}

/// Takes a task from its engine, of which it used as much.
void task_core::detach(entry& e, std::int64_t work) {
  auto& engine = *e.engine;
  stop_clock(e);
  queue_.settle(e, work);
  if (e.recalled) forget_recall(e);
  e.engine = nullptr;
  const auto first = engine.tasks.front() == &e;
  engine.tasks.erase(e);
  --engine.count;
  if (e.flow->group->pins()) --engine.pinned;
  engine.work -= e.cost;
  if (first) started_next(engine);
  placement_.update(engine);
  count_crowd(engine);
}

/// Forgets a task that neither waits nor has an engine.
void task_core::end(entry& e) {
  if (e.owner) {
    if (log_) log_->left({{e.owner->id, e.number}, e.kind, e.submitted});
    e.owner->tasks.erase(e);
    if (--e.owner->count == 0)
      e.owner->by_number.reset(); // it costs something with each task
    else if (e.owner->by_number)
      e.owner->by_number->erase(e.number);
  }
  queue_.leave(e);
  tasks_.release(e);
}

} // namespace pactor::core
