#include "runtime/core/task_core.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <unordered_set>
#include <utility>

namespace pactor::core {

task_core::task_core(std::uint32_t max_losses, pace::limits limits) : max_losses_{max_losses}, pace_{limits} {}

void task_core::engine_joined(int engine) {
  const auto [at, added] = engines_.try_emplace(engine);
  if (!added) return;
  auto& e = at->second;
  e.number = engine;
  e.used = ++uses_;
  e.place = ranks_.insert({0, e.used, &e}).first;
  for (auto& [allowed, g] : restricted_)
    if (std::binary_search(allowed.begin(), allowed.end(), engine)) g.engines.push_back(&e);
}

std::vector<given_up> task_core::engine_lost(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return {};
  auto& lost = at->second;
  for (auto& [allowed, g] : restricted_) std::erase(g.engines, &lost);

  std::vector<given_up> result;
  // Which of them had started is not known, only that they started in order.
  for (auto started = true; auto* e = lost.tasks.front(); started = false) {
    if (const auto ended = reroute(*e, started, true)) result.push_back(*ended);
  }
  ranks_.erase(lost.place);
  engines_.erase(at);
  // Of what went back and what had waited, some has nowhere to go now.
  for (auto next = restricted_.begin(); next != restricted_.end();) {
    auto& g = next++->second; // it goes with its last task
    if (!goes_nowhere(g)) continue;
    while (auto* e = g.waiting.front()) {
      const auto last = g.count == 1;
      result.push_back(give_up(*e, give_up_reason::no_engine));
      if (last) break;
    }
  }
  return result;
}

void task_core::engine_paused(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return;
  at->second.paused = true;
  rerank(at->second);
}

void task_core::engine_resumed(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return;
  at->second.paused = false;
  rerank(at->second);
}

submission task_core::submit(task_request request) {
  auto* g = group_for(request.allowed);
  if (!g) return submission::impossible;
  auto& client = clients_[request.client];
  client.id = request.client;

  auto& e = tasks_.add({});
  e.client = &client;
  e.allowed = g;
  e.number = request.number;
  e.payload = std::move(request.payload);
  e.transfer_size = request.transfer_size;
  e.sequence = ++submitted_;
  e.kind = request.kind;
  e.idempotent = request.idempotent;
  client.tasks.push_back(e);
  ++client.count;
  ++g->count;
  enqueue(e, nullptr);
  return submission::accepted;
}

std::optional<assignment> task_core::next() {
  if (active_.empty() || ranks_.empty() || !has_room(*ranks_.begin()->engine)) return std::nullopt;
  entry* oldest = nullptr;
  engine_state* chosen = nullptr;
  for (const auto* g : active_) {
    auto* e = g->waiting.front();
    if (oldest && oldest->sequence < e->sequence) continue;
    if (auto* engine = least_loaded(*g)) {
      oldest = e;
      chosen = engine;
    }
  }
  if (!oldest) return std::nullopt;

  auto& e = *oldest;
  dequeue(e);
  tasks_.renew(e);
  e.engine = chosen;
  e.cost = pace_.cost(e.kind, e.payload.size + e.transfer_size);
  chosen->tasks.push_back(e);
  ++chosen->count;
  chosen->work += e.cost;
  chosen->used = ++uses_;
  rerank(*chosen);
  return assignment{chosen->number, e.id, {e.client->id, e.number}, e.payload, e.transfer_size};
}

std::optional<owner> task_core::finished(std::uint64_t id, int engine, std::chrono::nanoseconds run_time) {
  auto* e = find_run(id, engine);
  if (!e) return std::nullopt;
  pace_.learn(e->kind, run_time);
  return ended(id, engine);
}

std::optional<owner> task_core::ended(std::uint64_t id, int engine) {
  auto* e = find_run(id, engine);
  if (!e) return std::nullopt;
  const auto told = e->client ? std::optional{owner{e->client->id, e->number}} : std::nullopt;
  detach(*e);
  end(*e);
  return told;
}

std::optional<task_core::running> task_core::owner_of(std::uint64_t id, int engine) {
  const auto* e = find_run(id, engine);
  if (!e || !e->client) return std::nullopt;
  return running{{e->client->id, e->number}, e->losses};
}

task_core::withdrawal task_core::withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) {
  withdrawal result;
  const auto at = clients_.find(client);
  if (at == clients_.end()) return result;
  const std::unordered_set<std::uint64_t> wanted{numbers.begin(), numbers.end()};
  auto* next = at->second.tasks.front();
  while (auto* e = next) {
    next = chain<entry, &entry::client_links>::after(*e);
    if (!wanted.contains(e->number)) continue;
    if (e->engine) {
      e->withdrawn = true;
      result.running.push_back({e->id, e->engine->number});
    } else {
      result.ended.push_back(e->number);
      dequeue(*e);
      end(*e);
    }
  }
  return result;
}

std::optional<given_up> task_core::task_lost(std::uint64_t id, int engine, bool started, bool blamed) {
  auto* e = find_run(id, engine);
  if (!e) return std::nullopt;
  return reroute(*e, started && blamed, started);
}

void task_core::client_gone(std::uint32_t client) {
  const auto at = clients_.find(client);
  if (at == clients_.end()) return;
  while (auto* e = at->second.tasks.front()) {
    if (e->engine) {
      at->second.tasks.erase(*e);
      e->client = nullptr;
    } else {
      dequeue(*e);
      end(*e);
    }
  }
  clients_.erase(at);
}

std::size_t task_core::outstanding(int engine) const {
  const auto at = engines_.find(engine);
  return at == engines_.end() ? 0 : at->second.count;
}

std::size_t task_core::tasks_of(std::uint32_t client) const {
  const auto at = clients_.find(client);
  return at == clients_.end() ? 0 : at->second.count;
}

task_core::engine_state* task_core::least_loaded(const group& g) const {
  if (g.allowed.empty()) return ranks_.begin()->engine; // next() saw that it has room
  engine_state* best = nullptr;
  for (auto* e : g.engines)
    if (has_room(*e) && (!best || *e->place < *best->place)) best = e;
  return best;
}

task_core::entry* task_core::find_run(std::uint64_t id, int engine) {
  auto* e = tasks_.find(id);
  return e && e->engine && e->engine->number == engine ? e : nullptr;
}

/// @return null if none of the allowed engines is known
task_core::group* task_core::group_for(std::span<const int> allowed) {
  if (allowed.empty()) return &everywhere_;
  std::vector<int> key{allowed.begin(), allowed.end()};
  std::sort(key.begin(), key.end());
  key.erase(std::unique(key.begin(), key.end()), key.end());
  if (const auto at = restricted_.find(key); at != restricted_.end()) return &at->second;

  group made;
  for (const auto number : key)
    if (const auto at = engines_.find(number); at != engines_.end()) made.engines.push_back(&at->second);
  if (made.engines.empty()) return nullptr;
  made.allowed = key;
  return &restricted_.emplace(std::move(key), std::move(made)).first->second;
}

void task_core::rerank(engine_state& e) {
  auto node = ranks_.extract(e.place); // moving the node costs no allocation
  const auto load = e.paused ? std::numeric_limits<std::int64_t>::max() : e.work;
  node.value() = {load, e.used, &e};
  e.place = ranks_.insert(std::move(node)).position;
}

void task_core::enqueue(entry& e, entry* before) {
  auto& g = *e.allowed;
  if (g.waiting.empty()) {
    g.place = active_.size();
    active_.push_back(&g);
  }
  g.waiting.insert(e, before);
  ++waiting_;
}

void task_core::dequeue(entry& e) {
  auto& g = *e.allowed;
  if (requeued_ == &e) requeued_ = nullptr;
  g.waiting.erase(e);
  --waiting_;
  if (!g.waiting.empty()) return;
  active_[g.place] = active_.back();
  active_[g.place]->place = g.place;
  active_.pop_back();
}

/// Back to where it stood in the order of submission, which is at the front or near it.
void task_core::requeue(entry& e) {
  auto* at = e.allowed->waiting.front();
  if (requeued_ && requeued_->allowed == e.allowed && requeued_->sequence < e.sequence) at = requeued_;
  while (at && at->sequence < e.sequence) at = queue::after(*at);
  enqueue(e, at);
  requeued_ = &e;
}

/// Takes a task from its engine.
void task_core::detach(entry& e) {
  auto& engine = *std::exchange(e.engine, nullptr);
  engine.tasks.erase(e);
  --engine.count;
  engine.work -= e.cost;
  rerank(engine);
}

/// Forgets a task that neither waits nor has an engine.
void task_core::end(entry& e) {
  if (e.client) {
    e.client->tasks.erase(e);
    --e.client->count;
  }
  auto& g = *e.allowed;
  tasks_.release(e);
  if (--g.count == 0 && &g != &everywhere_) {
    const auto at = restricted_.find(g.allowed);
    restricted_.erase(at);
  }
}

/// Ends a task, wherever it is. @pre e.client
given_up task_core::give_up(entry& e, give_up_reason reason) {
  assert(e.client);
  const given_up result{{e.client->id, e.number}, e.losses, reason};
  if (e.engine)
    detach(e);
  else
    dequeue(e);
  end(e);
  return result;
}

/// What becomes of a task whose engine did not finish it.
std::optional<given_up> task_core::reroute(entry& e, bool started, bool may_have_started) {
  if (!e.client) {
    detach(e);
    end(e);
    return std::nullopt;
  }
  if (started) ++e.losses;
  if (e.withdrawn) return give_up(e, give_up_reason::withdrawn);
  if (may_have_started && !e.idempotent) return give_up(e, give_up_reason::not_idempotent);
  if (e.losses > max_losses_) return give_up(e, give_up_reason::losses);
  detach(e);
  requeue(e);
  return std::nullopt;
}

} // namespace pactor::core
