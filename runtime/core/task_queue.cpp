#include "runtime/core/task_queue.hpp"

namespace pactor::core {

using parts::entry;
using parts::flow;
using parts::group;
using parts::share;
using parts::turn;

namespace {

turn turn_of(flow& f) { return {f.priority, f.share->served, f.waiting.front()->sequence, &f}; }

// What a share was given less than expected is known to the orders when it is as much: not with each short task.
constexpr std::int64_t most_refund = 1'000'000;

} // namespace

group* task_queue::group_for(std::vector<int> allowed, std::vector<int> excluded, engine_table& engines) {
  if (allowed.empty() && excluded.empty()) return &everywhere_;
  for (auto* list : {&allowed, &excluded}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  key k{std::move(allowed), std::move(excluded)};
  if (const auto at = restricted_.find(k); at != restricted_.end())
    return at->second.engines.empty() ? nullptr : &at->second;
  group made;
  made.allowed = k.first;
  made.excluded = k.second;
  if (made.allowed.empty()) {
    for (auto& [number, e] : engines)
      if (made.admits(number)) made.engines.push_back(&e);
  } else {
    for (const auto number : made.allowed)
      if (const auto at = engines.find(number); at != engines.end() && made.admits(number))
        made.engines.push_back(&at->second);
  }
  if (made.engines.empty()) return nullptr;
  return &restricted_.emplace(std::move(k), std::move(made)).first->second;
}

void task_queue::engine_joined(parts::engine& e) {
  for (auto& [k, g] : restricted_)
    if (g.admits(e.number)) g.engines.push_back(&e);
}

void task_queue::engine_lost(const parts::engine& e) {
  for (auto& [k, g] : restricted_) std::erase(g.engines, &e);
}

std::vector<group*> task_queue::abandoned() {
  std::vector<group*> result;
  for (auto& [k, g] : restricted_)
    if (g.engines.empty()) result.push_back(&g);
  return result;
}

share& task_queue::share_of(std::uint32_t client) {
  auto& s = shares_[client];
  s.client = client;
  return s;
}

share* task_queue::find_share(std::uint32_t client) {
  if (recent_.second && recent_.second->share->client == client) return recent_.second->share;
  const auto at = shares_.find(client);
  return at == shares_.end() ? nullptr : &at->second;
}

void task_queue::enter(entry& e, group& g, std::uint32_t client, std::int32_t priority) {
  auto* f = recent_.second;
  if (recent_.first != &g || f->share->client != client || f->priority != priority) {
    if (g.flows.size() >= g.sweep_at) sweep(g);
    const auto [at, added] = g.flows.try_emplace({client, priority});
    f = &at->second;
    if (added) {
      f->share = &share_of(client);
      f->group = &g;
      f->priority = priority;
      f->share->flows.push_back(*f);
    }
    recent_ = {&g, f};
  }
  e.flow = f;
  ++f->count;
  ++g.count;
  ++f->share->open;
  f->share->bytes += e.payload.size;
}

void task_queue::leave(entry& e) {
  auto& f = *std::exchange(e.flow, nullptr);
  --f.count;
  --f.share->open;
  f.share->bytes -= e.payload.size;
  auto& g = *f.group;
  if (--g.count > 0 || &g == &everywhere_) return;
  if (recent_.first == &g) recent_ = {};
  if (g.active) deactivate(g);
  for (auto& [k, each] : g.flows) drop(each);
  restricted_.erase(restricted_.find(key{g.allowed, g.excluded}));
}

/// Forgets flows of clients that have nothing there any more.
void task_queue::sweep(group& g) {
  recent_ = {};
  for (auto at = g.flows.begin(); at != g.flows.end();) {
    if (at->second.count > 0) {
      ++at;
      continue;
    }
    if (at->second.ready) g.order.remove(at->second.place);
    drop(at->second);
    at = g.flows.erase(at);
  }
  g.sweep_at = std::max<std::size_t>(64, g.flows.size() * 2);
}

void task_queue::drop(flow& f) {
  auto& s = *f.share;
  s.flows.erase(f);
  if (s.flows.empty() && !s.paused) shares_.erase(shares_.find(s.client));
}

void task_queue::insert(entry& e, entry* before) {
  auto& f = *e.flow;
  f.waiting.insert(e, before);
  if (auto& s = *f.share; s.waiting++ == 0) { // no credit for idle times
    s.served = std::max(s.served, served_);
    s.refund = std::min(s.refund, s.served - served_);
  }
  ++size_;
  if (f.ready)
    come_forward(f);
  else if (!f.share->paused)
    make_ready(f);
}

void task_queue::make_ready(flow& f) {
  auto& g = *f.group;
  f.ready = true;
  g.order.push(turn_of(f));
  if (!g.active) activate(g);
}

void task_queue::activate(group& g) {
  g.active = true;
  g.place = active_.size();
  active_.push_back(&g);
}

void task_queue::deactivate(group& g) {
  g.active = false;
  active_[g.place] = active_.back();
  active_[g.place]->place = g.place;
  active_.pop_back();
}

void task_queue::put_back(entry& e) {
  auto& f = *e.flow;
  auto* at = f.put_back ? f.put_back : f.waiting.front(); // the one before which it belongs
  if (f.waiting.back() && f.waiting.back()->sequence < e.sequence) {
    at = nullptr;
  } else {
    while (at && at->sequence < e.sequence) at = parts::queue::after(*at);
    while (auto* earlier = at ? parts::queue::before(*at) : nullptr) {
      if (earlier->sequence < e.sequence) break;
      at = earlier;
    }
  }
  insert(e, at);
  f.put_back = &e;
}

/// It may be the flow's turn earlier than its group's order knows.
void task_queue::come_forward(flow& f) {
  auto& order = f.group->order;
  if (!f.ready || f.waiting.empty()) return;
  if (const auto now = turn_of(f); now < order[f.place]) order.update(f.place, now);
}

void task_queue::take(entry& e) {
  auto& f = *e.flow;
  if (f.put_back == &e) f.put_back = nullptr;
  f.waiting.erase(e);
  --f.share->waiting;
  --size_;
}

void task_queue::add_work(share& s, std::int64_t work) {
  s.refund -= work;
  if (s.refund > 0 && s.refund < most_refund) return;
  const auto less = s.refund > 0;
  s.served -= std::exchange(s.refund, 0);
  if (!less) return;
  for (auto* f = s.flows.front(); f; f = chain<flow, &flow::share_links>::after(*f)) come_forward(*f);
}

void task_queue::charge(entry& e, std::int64_t work) {
  auto& s = *e.flow->share;
  served_ = std::max(served_, s.served - s.refund - s.running);
  e.charged = work;
  s.running += work;
  add_work(s, work);
}

void task_queue::settle(entry& e, std::int64_t work) {
  auto& s = *e.flow->share;
  const auto charged = std::exchange(e.charged, 0);
  s.running -= charged;
  if (work != charged) add_work(s, work - charged);
}

flow* task_queue::first(group& g) {
  while (!g.order.empty()) {
    const auto& top = g.order.front();
    auto& f = *top.flow;
    const auto gone = f.waiting.empty() || f.share->paused;
    if (!gone && (g.order.size() == 1 || !(top < turn_of(f)))) return &f;
    if (gone) {
      f.ready = false;
      g.order.remove(0);
    } else {
      g.order.update(0, turn_of(f));
    }
  }
  if (g.active) deactivate(g);
  return nullptr;
}

void task_queue::pause(std::uint32_t client) { share_of(client).paused = true; }

void task_queue::resume(std::uint32_t client) {
  auto* s = find_share(client);
  if (!s || !std::exchange(s->paused, false)) return;
  for (auto* f = s->flows.front(); f; f = chain<flow, &flow::share_links>::after(*f))
    if (!f->ready && !f->waiting.empty()) make_ready(*f);
  if (s->flows.empty()) shares_.erase(shares_.find(client));
}

} // namespace pactor::core
