#include "watched_scheduler.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace pactor::test {

using core::give_up_reason;
using core::task_core;
using core::task_graph;

void watched_scheduler::set_time(nanoseconds now) {
  now_ = now;
  core_.set_time(task_core::time_point{now});
}

bool watched_scheduler::may_run(const watched_task& t, int e) const {
  return given_.contains(e) && !paused_.contains(e) && !t.refused.contains(e) &&
         (t.allowed.empty() ? !t.followed : std::find(t.allowed.begin(), t.allowed.end(), e) != t.allowed.end());
}

/// Whether there is one that could run it, now or later.
bool watched_scheduler::has_engine(const watched_task& t) const {
  return std::any_of(given_.begin(), given_.end(), [&](const auto& g) {
    return !t.refused.contains(g.first) &&
           (t.allowed.empty() || std::find(t.allowed.begin(), t.allowed.end(), g.first) != t.allowed.end());
  });
}

void watched_scheduler::engine_joined(int e) {
  given_.try_emplace(e);
  core_.engine_joined(e);
}

void watched_scheduler::pause_engine(int e, bool paused) {
  if (!given_.contains(e)) return;
  paused ? core_.engine_paused(e) : core_.engine_resumed(e);
  paused ? (void)paused_.insert(e) : (void)paused_.erase(e);
}

void watched_scheduler::pause_client(std::uint32_t client, bool paused) {
  paused ? core_.client_paused(client) : core_.client_resumed(client);
  paused ? (void)slow_.insert(client) : (void)slow_.erase(client);
}

void watched_scheduler::client_gone(std::uint32_t client) {
  core_.client_gone(client);
  static_cast<void>(graph_.client_gone(client));
  slow_.erase(client);
  std::erase_if(decided_, [&](const auto& d) { return d.client == client; });
  for (auto& [number, t] : tasks_) {
    if (t.client != client || t.where == state::ended) continue;
    t.orphan = true;
    ++t.ends;
    if (t.where == state::given) continue;
    t.where = state::ended;
    open_.erase(number);
  }
}

std::uint64_t watched_scheduler::submit(watched_task wanted) {
  const auto number = ++numbers_;
  auto& t = tasks_[number] = std::move(wanted);
  core::task_request r{.client = t.client,
                       .number = number,
                       .allowed = t.allowed,
                       .kind = t.kind,
                       .idempotent = t.idempotent,
                       .priority = t.priority,
                       .retries = t.retries,
                       .timeout = t.timeout};
  t.deadline = now_ + t.timeout;
  if (t.after.parents.empty() && t.follow.parents.empty()) {
    const auto possible = has_engine(t) || t.allowed.empty();
    REQUIRE((core_.submit(r) == core::submission::accepted) == possible);
    if (!possible) {
      end(number, false, -1, "impossible");
      return number;
    }
    t.where = state::waiting;
    t.sequence = ++sequence_;
    open_[number] = &t;
    return number;
  }
  t.where = state::held;
  open_[number] = &t;
  t.ticket = core_.hold(r).value();
  for (auto* c : {&t.after, &t.follow})
    for (auto& p : c->parents) {
      const auto& parent = tasks_.at(p.task);
      if (parent.where != state::ended) continue;
      p.state = parent.ok ? task_graph::parent_state::succeeded : task_graph::parent_state::failed;
      p.engine = parent.engine;
    }
  if (const auto d = graph_.add(t.ticket, t.client, t.after, t.follow)) decided_.push_back(*d);
  return number;
}

std::optional<std::uint64_t> watched_scheduler::forget_run(int e, std::uint64_t id) {
  const auto at = given_.find(e);
  if (at == given_.end()) return std::nullopt;
  const auto run = std::find_if(at->second.begin(), at->second.end(), [&](const given& g) { return g.id == id; });
  if (run == at->second.end()) return std::nullopt;
  const auto number = run->number;
  at->second.erase(run);
  return number;
}

void watched_scheduler::end(std::uint64_t number, bool ok, int engine, const char* how) {
  auto& t = tasks_.at(number);
  t.where = state::ended;
  open_.erase(number);
  if (t.orphan) return;
  say("task " + std::to_string(number) + " ends: " + how);
  REQUIRE(++t.ends == 1);
  t.ok = ok;
  t.engine = engine;
  graph_.ended(t.client, number, ok, engine);
}

void watched_scheduler::wait_again(std::uint64_t number, bool anew) {
  auto& t = tasks_.at(number);
  t.where = state::waiting;
  open_[number] = &t;
  if (anew) t.deadline = now_ + t.timeout;
}

bool watched_scheduler::outcome_of(int e, std::uint64_t id, nanoseconds took, outcome how) {
  const auto number = forget_run(e, id);
  auto* t = number ? &tasks_.at(*number) : nullptr;
  const auto told = t && !t->orphan;
  if (how == outcome::result || how == outcome::aborted) {
    const auto o = how == outcome::result ? core_.finished(id, e, took) : core_.ended(id, e);
    REQUIRE(o == (told ? std::optional{core::owner{t->client, *number}} : std::nullopt));
    if (t) end(*number, how == outcome::result, e, how == outcome::result ? "done" : "aborted");
    return t != nullptr;
  }
  const auto refused = how == outcome::refusal;
  if (t && refused) {
    t->refused.insert(e);
    ++t->refusals;
  }
  const auto again =
      told && !t->withdrawn && (refused ? has_engine(*t) : t->idempotent && t->errors < t->retries); // budgets are kept
  const auto v = core_.failed(id, e, took, refused ? task_core::error_kind::refused : task_core::error_kind::own);
  REQUIRE(v.told.has_value() == (told && !again));
  if (!t) return false;
  if (!refused) {
    ++t->errors;
    t->ran.insert(e);
  }
  if (again)
    wait_again(*number, true);
  else
    end(*number, false, e, "failed");
  return true;
}

/// What becomes of a task whose run came to nothing. @return why it ends, if it does
std::optional<give_up_reason> watched_scheduler::reroute(std::uint64_t number, bool blamed, bool may_have_started) {
  auto& t = tasks_.at(number);
  if (t.orphan) {
    end(number, false, -1, "");
    return std::nullopt;
  }
  t.losses += blamed ? 1 : 0;
  t.reroutes += may_have_started ? 1 : 0;
  wait_again(number, may_have_started);
  if (t.withdrawn) return give_up_reason::withdrawn;
  if (may_have_started && !t.idempotent) return give_up_reason::not_idempotent;
  if (t.losses > max_losses_) return give_up_reason::losses;
  return std::nullopt;
}

bool watched_scheduler::lost(int e, std::uint64_t id, bool started, bool blamed) {
  const auto number = forget_run(e, id);
  std::map<std::uint64_t, give_up_reason> expected;
  if (number)
    if (const auto why = reroute(*number, started && blamed, started)) expected[*number] = *why;
  const auto g = core_.task_lost(id, e, started, blamed);
  expect(g ? std::vector{*g} : std::vector<core::given_up>{}, expected);
  return number.has_value();
}

void watched_scheduler::engine_lost(int e) {
  if (!given_.contains(e)) return;
  const auto had = given_.extract(e).mapped();
  paused_.erase(e);
  std::map<std::uint64_t, give_up_reason> expected;
  for (const auto& g : had) // the oldest is blamed, and no other
    if (const auto why = reroute(g.number, &g == &had.front(), true)) expected[g.number] = *why;
  for (const auto& [number, t] : tasks_)
    if (t.where == state::waiting && !(t.allowed.empty() && t.refused.empty()) && !has_engine(t))
      expected.try_emplace(number, t.followed ? give_up_reason::unreachable : give_up_reason::no_engine);
  expect(core_.engine_lost(e), std::move(expected));
}

void watched_scheduler::expect(const std::vector<core::given_up>& all,
                               std::map<std::uint64_t, give_up_reason> expected) {
  for (const auto& g : all) {
    CAPTURE(g.task.number);
    const auto at = expected.find(g.task.number);
    REQUIRE(at != expected.end());
    REQUIRE(g.reason == at->second);
    expected.erase(at);
    REQUIRE(g.losses == tasks_.at(g.task.number).losses);
    REQUIRE(g.task.client == tasks_.at(g.task.number).client);
    if (g.held != 0) graph_.drop(g.held);
    end(g.task.number, false, -1, "given up");
  }
  REQUIRE(expected.empty());
}

std::vector<task_core::run> watched_scheduler::withdraw(std::uint32_t client,
                                                        const std::vector<std::uint64_t>& numbers) {
  std::set<std::uint64_t> ending, running;
  for (const auto number : numbers) {
    auto& t = tasks_.at(number);
    if (t.client != client || t.where == state::ended) continue;
    (t.where == state::given ? running : ending).insert(number);
    if (t.where == state::given) t.withdrawn = true;
  }
  const auto w = core_.withdraw(client, numbers);
  REQUIRE(std::set<std::uint64_t>{w.ended.begin(), w.ended.end()} == ending);
  REQUIRE(w.ended.size() == ending.size());
  for (const auto ticket : w.held) graph_.drop(ticket);
  for (const auto number : ending) end(number, false, -1, "withdrawn");
  std::set<std::uint64_t> found;
  for (const auto& r : w.running)
    for (const auto& g : given_.at(r.engine))
      if (g.id == r.id) found.insert(g.number);
  REQUIRE(found == running);
  return w.running;
}

std::vector<task_core::run> watched_scheduler::decide() {
  std::map<std::uint64_t, give_up_reason> late;
  for (const auto& [number, t] : open_)
    if (t->timeout > nanoseconds{0} && t->deadline <= now_) late[number] = give_up_reason::timed_out;
  expect(core_.expire(), std::move(late));
  depend();
  while (const auto a = core_.next()) {
    auto& t = tasks_.at(a->task.number);
    CAPTURE(a->task.number);
    CAPTURE(a->engine);
    check_turn(t, a->engine);
    t.where = state::given;
    open_.erase(a->task.number);
    given_.at(a->engine).push_back({a->id, a->task.number});
    say("task " + std::to_string(a->task.number) + " to engine " + std::to_string(a->engine));
    hand(a->engine, a->id, a->task.number);
  }
  check_idle();
  check_held();
  auto runs = core_.recalls();
  for (const auto& r : runs)
    for (const auto& g : given_.at(r.engine))
      if (g.id == r.id) ++tasks_.at(g.number).recalls;
  return runs;
}

/// It is this task's turn, and it may run there.
void watched_scheduler::check_turn(const watched_task& t, int e) const {
  REQUIRE(t.where == state::waiting);
  REQUIRE_FALSE(t.withdrawn);
  REQUIRE_FALSE(t.orphan);
  REQUIRE_FALSE(slow_.contains(t.client));
  REQUIRE(may_run(t, e));
  const auto alike = [&](const watched_task& other) {
    return &other != &t && other.where == state::waiting && other.priority >= t.priority &&
           !slow_.contains(other.client) && may_run(other, e);
  };
  auto passed = ~std::uint64_t{0}; // what failed there lets those of its kind pass
  for (const auto& [number, other] : open_)
    if (alike(*other) && other->client == t.client && other->ran.contains(e))
      passed = std::min(passed, other->sequence);
  for (const auto& [number, other] : open_) {
    if (!alike(*other)) continue;
    CAPTURE(number);
    REQUIRE(other->priority == t.priority);
    REQUIRE((other->client != t.client || other->sequence > std::min(t.sequence, passed) || other->ran.contains(e)));
  }
}

/// No engine idles while a task waits that it may run.
void watched_scheduler::check_idle() const {
  for (const auto& [e, has] : given_) {
    if (!has.empty() || paused_.contains(e)) continue;
    for (const auto& [number, t] : open_) {
      if (t->where != state::waiting || slow_.contains(t->client) || !may_run(*t, e)) continue;
      CAPTURE(number);
      CAPTURE(e);
      FAIL("an engine idles");
    }
  }
}

std::optional<nanoseconds> watched_scheduler::wake_at() const {
  const auto at = core_.wake_at();
  return at ? std::optional{nanoseconds{at->time_since_epoch()}} : std::nullopt;
}

watched_scheduler::answer watched_scheduler::judge(const task_graph::condition& c) const {
  std::size_t met = 0, broken = 0;
  for (const auto& p : c.parents) {
    const auto& t = tasks_.at(p.task);
    if (t.where != state::ended) continue;
    ++((t.ok ? c.success : c.failure) ? met : broken);
  }
  if (c.parents.empty()) return answer::met;
  if (c.all) return broken > 0 ? answer::broken : met == c.parents.size() ? answer::met : answer::open;
  return met > 0 ? answer::met : broken == c.parents.size() ? answer::broken : answer::open;
}

void watched_scheduler::depend() {
  for (;;) {
    auto now = std::exchange(decided_, {});
    for (auto& d : graph_.decided()) now.push_back(std::move(d));
    if (now.empty()) return;
    for (const auto& d : now) decided(d);
  }
}

void watched_scheduler::decided(const task_graph::decision& d) {
  const auto at =
      std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) { return t.second.ticket == d.ticket; });
  REQUIRE(at != tasks_.end());
  auto& [number, t] = *at;
  CAPTURE(number);
  if (t.where != state::held) { // it was taken back in the same turn
    REQUIRE_FALSE(core_.drop_held(d.ticket));
    return;
  }
  const auto after = judge(t.after), follow = judge(t.follow);
  if (d.what != task_graph::answer::run) {
    REQUIRE((after == answer::broken || follow == answer::broken || d.what != task_graph::answer::contradicted));
    REQUIRE(core_.drop_held(d.ticket) == core::owner{t.client, number});
    end(number, false, -1, "depends in vain");
    return;
  }
  REQUIRE(after == answer::met);
  REQUIRE(follow == answer::met);
  REQUIRE(d.on.has_value() == !t.follow.parents.empty());
  t.followed = d.on.has_value();
  if (d.on) {
    for (const auto e : *d.on) // somebody ran there
      REQUIRE(std::any_of(t.follow.parents.begin(), t.follow.parents.end(),
                          [&](const auto& p) { return tasks_.at(p.task).engine == e; }));
    auto both = *d.on;
    std::erase_if(both, [&](int e) {
      return !t.allowed.empty() && std::find(t.allowed.begin(), t.allowed.end(), e) == t.allowed.end();
    });
    t.allowed = both;
  }
  const auto possible = t.followed ? !t.allowed.empty() && has_engine(t) : t.allowed.empty() || has_engine(t);
  std::map<std::uint64_t, give_up_reason> expected;
  if (!possible) expected[number] = t.followed ? give_up_reason::unreachable : give_up_reason::no_engine;
  const auto g = core_.release(d.ticket, d.on ? std::optional<std::span<const int>>{*d.on} : std::nullopt);
  if (possible) {
    t.where = state::waiting;
    t.sequence = ++sequence_;
  }
  expect(g ? std::vector{*g} : std::vector<core::given_up>{}, expected);
}

/// What is certain is decided, and forgotten.
void watched_scheduler::check_held() const {
  const auto held = [](const auto& t) { return t.second->where == state::held; };
  if (std::none_of(open_.begin(), open_.end(), held)) REQUIRE(graph_.size() == 0);
  for (const auto& [number, t] : open_) {
    if (t->where != state::held) continue;
    const auto after = judge(t->after), follow = judge(t->follow);
    const auto open = after == answer::open || follow == answer::open;
    if (open && after != answer::broken && follow != answer::broken) continue;
    CAPTURE(number);
    FAIL("it waits for nothing any more");
  }
}

void watched_scheduler::check_end() const {
  for (const auto& [number, t] : tasks_) {
    CAPTURE(number);
    REQUIRE(t.ends == 1);
    REQUIRE(t.where == state::ended);
  }
  REQUIRE(core_.waiting() == 0);
  REQUIRE(graph_.size() == 0);
}

} // namespace pactor::test
