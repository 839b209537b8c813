#include "tests/simulation/cluster.hpp"

#include "pactor/async_result.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/wait.hpp"
#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <variant>

namespace pactor::test {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t most_losses = 3; // that a task survives

nanoseconds up_to(chance& c, nanoseconds most) {
  return nanoseconds{static_cast<std::int64_t>(c.below(1'000)) * (most.count() / 1'000)};
}

} // namespace

weather weather::of(chance& c) {
  constexpr nanoseconds ways[] = {100us, 2ms, 40ms};
  weather w{};
  w.longest_way = ways[c.below(3)];
  for (bool* what : {&w.controller_dies, &w.nodes_die, &w.nodes_hang, &w.nodes_cut, &w.clients_cut, &w.clients_break,
                     &w.clients_leave, &w.workers_die, &w.depends})
    *what = c.one_in(2);
  if (c.one_in(3)) w.nodes_die = w.nodes_hang = w.nodes_cut = w.workers_die = false;
  return w;
}

simulated_cluster::simulated_cluster(chance& c, weather w) : net{c, w.longest_way}, weather_{w}, jitter_{1} {
  start_controller();
  const auto nodes = 1 + c.below(3);
  for (std::size_t i = 0; i < nodes; ++i) add_node();
  for (auto n = 1 + c.below(3); n > 0; --n)
    clients_.push_back(std::make_unique<simulated_client>(*this, "client " + std::to_string(clients_.size() + 1)));
}

simulated_cluster::~simulated_cluster() {
  for (auto& n : nodes_)
    if (n) n->clear();
  for (auto& n : old_nodes_) n->clear();
}

simulated_controller* simulated_cluster::listening() const {
  return controller_ && controller_->alive ? controller_.get() : nullptr;
}

// ---- supervision ----

void simulated_cluster::start_controller() {
  net.say("controller " + std::to_string(life_) + " starts");
  controller_ = std::make_unique<simulated_controller>(*this, life_, roster_);
}

void simulated_cluster::add_node() {
  engines_of_.emplace_back();
  engines_of_.back().resize(2 + net.random.below(3), -1); // numbers come with the first welcome
  node_restarts_.emplace_back(core::supervision_of("node").limits());
  nodes_.push_back(nullptr);
  start_node(nodes_.size() - 1);
}

/// As somebody does when no engine is left: tasks wait for one.
void simulated_cluster::replace_given_up() {
  const auto works = [](const auto& n) { return !n || !n->alive || !n->given_up(); };
  if (over_ || std::ranges::any_of(nodes_, works)) return;
  net.say("all engines were given up: a node joins");
  add_node();
}

void simulated_cluster::start_node(std::size_t index) {
  auto& n = nodes_[index];
  n = std::make_unique<simulated_node>(*this, index, static_cast<int>(engines_of_[index].size()), engines_of_[index]);
}

void simulated_cluster::kill_controller() {
  if (!listening() || over_) return;
  net.kill(*controller_);
  old_controllers_.push_back(std::move(controller_));
  ++disturbed_;
  last_trouble_ = net.now();
  const auto again = controller_restarts_.died(net.steady(), jitter_);
  if (std::holds_alternative<core::give_up>(again)) return end_all();
  const auto* w = std::get_if<core::wait>(&again);
  net.plan(net.now() + (w ? w->delay : 0ns) + 10ms + up_to(net.random, 200ms), [this] {
    if (over_) return;
    ++life_;
    start_controller();
  });
}

void simulated_cluster::node_ended(std::size_t index) {
  auto& n = nodes_[index];
  if (!n || !n->alive || over_) return;
  lossless_ = false;
  net.kill(*n);
  n->clear();
  old_nodes_.push_back(std::move(n));
  ++disturbed_;
  last_trouble_ = net.now();
  const auto again = node_restarts_[index].died(net.steady(), jitter_);
  if (std::holds_alternative<core::give_up>(again)) return end_all();
  const auto* w = std::get_if<core::wait>(&again);
  net.plan(net.now() + (w ? w->delay : 0ns) + 10ms + up_to(net.random, 100ms), [this, index] {
    if (!over_) start_node(index);
  });
}

void simulated_cluster::forgets(std::uint32_t client) {
  const auto waits = [client](const auto& c) { return c->core->number() == client && c->alive && !c->over; };
  if (!std::ranges::any_of(clients_, waits)) return;
  net.say("client number " + std::to_string(client) + " is forgotten");
  forgotten_ = true;
  ++disturbed_;
}

/// As the launcher does when something died too often.
void simulated_cluster::end_all() {
  net.say("the cluster is given up");
  over_ = true;
  for (auto& n : nodes_)
    if (n) net.kill(*n);
  if (listening()) net.kill(*controller_);
}

// ---- what happens ----

void simulated_cluster::run(std::size_t events, nanoseconds time) {
  for (std::size_t i = 0; i < events; ++i) net.plan(up_to(net.random, time), [this] { something(); });
  net.plan(time, [this] { calm_ = true; });
  look_for_idle();
  for (int steps = 0; net.step();) REQUIRE(++steps < 2'000'000); // it comes to an end
  for (const auto& t : tasks_) check_outcome(t);
  check_tables();
}

void simulated_cluster::something() {
  switch (net.random.below(10)) {
  case 0:
    if (weather_.controller_dies && controller_deaths_++ < 4) {
      kill_controller();
      // Again while everyone comes back.
      if (net.random.one_in(3) && controller_deaths_++ < 4)
        net.plan(net.now() + 300ms + up_to(net.random, 1s), [this] { kill_controller(); });
    }
    return;
  case 1:
  case 2:
    return trouble_for_node();
  case 3:
    return trouble_for_client();
  case 4:
    return abort_some();
  default:
    return submit_some();
  }
}

void simulated_cluster::trouble_for_node() {
  const auto index = net.random.below(nodes_.size());
  auto& n = nodes_[index];
  if (!n || !n->alive) return;
  switch (net.random.below(4)) {
  case 0:
    if (weather_.workers_die && ++worker_deaths_ < 6) {
      ++disturbed_;
      lossless_ = false;
      n->kill_worker(net.random.below(engines_of_[index].size()));
    }
    return;
  case 1:
    if (weather_.nodes_die && ++node_deaths_ <= 4) node_ended(index);
    return;
  case 2:
    if (!weather_.nodes_hang) return;
    ++disturbed_;
    lossless_ = false;
    last_trouble_ = net.now() + 15s;
    return net.hold(*n, up_to(net.random, 15s));
  default:
    if (!weather_.nodes_cut) return;
    ++disturbed_;
    lossless_ = false;
    last_trouble_ = net.now() + 15s;
    if (net.random.one_in(3)) return net.break_links(*n);
    return net.cut(*n, up_to(net.random, 15s));
  }
}

void simulated_cluster::trouble_for_client() {
  auto& c = *clients_[net.random.below(clients_.size())];
  held_back_until_ = net.now() + 25s; // what is waiting of a client that may have been killed waits for it
  switch (net.random.below(5)) {
  case 0:
    if (weather_.clients_cut) net.cut(c, up_to(net.random, 15s));
    return;
  case 1:
    if (weather_.clients_cut) net.hold(c, up_to(net.random, 15s));
    return;
  case 2:
    if (weather_.clients_break) net.break_links(c);
    return;
  case 3:
    if (!weather_.clients_leave || clients_.size() < 2 || !c.alive || c.over) return;
    if (net.random.one_in(2)) return net.kill(c);
    net.say(c.name + " leaves");
    return c.leave();
  default:
    if (weather_.clients_leave && clients_.size() < 6)
      clients_.push_back(std::make_unique<simulated_client>(*this, "client " + std::to_string(clients_.size() + 1)));
  }
}

void simulated_cluster::submit_some() {
  const auto index = net.random.below(clients_.size());
  auto& c = *clients_[index];
  if (!c.alive || c.over || !c.welcomed() || c.still_until > net.now()) return;
  for (auto n = 1 + net.random.below(16); n > 0; --n) submit(c, index);
}

void simulated_cluster::submit(simulated_client& c, std::size_t index) {
  auto& random = net.random;
  const auto number = tasks_.size() + 1;
  auto& t = tasks_.emplace_back();
  t.number = number;
  t.client = index;
  constexpr nanoseconds takes[] = {50us, 3ms, 300ms};
  const auto kind = random.below(3);
  t.takes = takes[kind] + up_to(random, takes[kind]);
  if (kind == 2 && random.one_in(6)) t.takes = 8s; // a long job is not a hung one
  const auto known = c.core->engines();
  const bool directed = random.one_in(3) && !known.empty();
  if (directed) t.engine = known[random.below(known.size())];
  auto options = std::make_shared<task_options>();
  t.idempotent = directed || !random.one_in(4);
  options->idempotent = t.idempotent;
  if (random.one_in(8)) options->label = "a label";
  if (random.one_in(6)) t.failures = static_cast<std::uint32_t>(1 + random.below(3));
  if (!directed && random.one_in(3)) options->retries = t.retries = static_cast<std::uint32_t>(random.below(4));
  if (!directed && weather_.workers_die && !poisoned_ && random.one_in(60)) t.kills = poisoned_ = true;
  if (!directed && weather_.depends && random.one_in(5)) depend(t, *options);
  t.call = std::make_shared<detail::call>(1, "job", directed ? nullptr : options);
  const auto payload = detail::slice{bytes_of(call_of("job" + std::to_string(kind), std::to_string(number)))};
  try {
    if (directed)
      c.core->submit_direct(t.call, 0, payload, std::vector{t.engine});
    else
      c.core->submit_balanced(t.call, 0, payload, {});
    net.say("task " + std::to_string(number) + " of " + c.name +
            (directed       ? " for engine " + std::to_string(t.engine)
             : t.idempotent ? ""
                            : " not idempotent") +
            (t.kills ? " kills" : "") + parents_of(t));
  } catch (const error&) {
    t.call = nullptr;
  }
  if (t.call) open_.push_back(&t);
}

std::string simulated_cluster::parents_of(const simulated_task& t) {
  std::string text;
  for (const auto p : t.parents) text += (text.empty() ? " after " : ", ") + std::to_string(p);
  return text;
}

void simulated_cluster::depend(simulated_task& t, task_options& options) {
  std::vector<async_result<value>> parents;
  for (auto at = tasks_.rbegin(); at != tasks_.rend() && parents.size() < 2; ++at)
    if (at->client == t.client && at->call && net.random.one_in(2)) {
      t.parents.push_back(at->number);
      parents.push_back(async_result<value>{
          std::make_shared<detail::submission>(detail::submission{at->call, nullptr, nullptr, {}})});
    }
  const bool any_end = net.random.one_in(2);
  const dependency::condition when{true, true, any_end};
  if (parents.size() == 1) options.after = dependency{{parents[0]}, when};
  if (parents.size() == 2) options.after = dependency{{parents[0], parents[1]}, when};
}

void simulated_cluster::abort_some() {
  const auto index = net.random.below(clients_.size());
  auto& c = *clients_[index];
  if (!c.alive || c.over || !c.welcomed() || c.still_until > net.now() || !net.random.one_in(2)) return;
  task_control order;
  for (auto& t : tasks_) {
    if (t.client != index || !t.call || t.call->ready() || !net.random.one_in(5)) continue;
    t.aborted = true;
    order.tasks.push_back(t.call->ids[0]);
    net.say("task " + std::to_string(t.number) + " is taken back");
  }
  if (!order.tasks.empty()) c.core->end_tasks(order);
}

// ---- what tasks do ----

nanoseconds simulated_cluster::begins(std::uint64_t number, int engine) {
  auto& t = task(number);
  CAPTURE(number);
  ++t.begun;
  net.say("task " + std::to_string(number) + " begins on engine " + std::to_string(engine));
  // Nothing runs twice that must not.
  if (t.directed() || !t.idempotent) REQUIRE(t.begun == 1);
  if (t.directed()) { // and in order
    REQUIRE(engine == t.engine);
    auto& last = last_directed_[{t.client, engine}];
    REQUIRE(last < number);
    last = number;
  }
  // Every further run has its reason.
  if (lossless_ && !forgotten_) REQUIRE(t.begun <= 1 + t.failed);
  REQUIRE(t.begun <= 1 + t.failed + t.cut_short + disturbed_);
  if (t.kills) REQUIRE(t.begun <= (most_losses + 1) * (life_ + 1) + disturbed_);
  for (const auto parent : t.parents) {
    const auto& p = task(parent);
    CAPTURE(parent);
    REQUIRE((p.ended > 0 || p.call->ready() || p.aborted || !p.parents.empty() || !lossless_ || forgotten_));
  }
  return t.takes;
}

std::optional<std::pair<wire::record_kind, std::string>> simulated_cluster::ends(std::uint64_t number, int engine) {
  auto& t = task(number);
  if (t.kills) {
    lossless_ = false;
    ++disturbed_; // what it ran just before may run again
    return std::nullopt;
  }
  ++t.ended;
  if (t.failed < t.failures) {
    ++t.failed;
    // A restarted controller counts anew.
    REQUIRE(t.failed <= ((t.idempotent ? t.retries : 0) + 1) * (life_ + 1) + disturbed_);
    failure f;
    f.code = ec::remote_error;
    f.engine = engine;
    f.job = "job";
    f.what = "it failed";
    const auto body = detail::encode_failure(f);
    return std::pair{wire::record_kind::failure, std::string{body.data(), body.size()}};
  }
  return std::pair{wire::record_kind::result, "r" + std::to_string(number)};
}

// ---- what must hold ----

/// No engine idles while a task waits, whatever else happens.
void simulated_cluster::look_for_idle() {
  std::erase_if(open_, [this](const auto* t) { return t->call->ready() || !clients_[t->client]->alive; });
  if (calm_ && open_.empty()) return;
  replace_given_up();
  const auto idles = [this] {
    const auto* c = listening();
    if (!c || c->recovering() || c->waiting() == 0 || weather_.depends || held_back_until_ > net.now()) return false;
    return std::ranges::any_of(nodes_, [this](const auto& n) {
      return n && n->alive && n->connected() && n->still_until == 0ns && n->cut_until == 0ns &&
             !n->idle_engines().empty();
    });
  };
  if (!idles())
    idle_since_.reset();
  else if (!idle_since_)
    idle_since_ = net.now();
  else if (net.now() - *idle_since_ > 1s)
    FAIL("an engine idles while a task waits");
  REQUIRE(net.now() < 400s); // every task ends in time
  net.plan(net.now() + 50ms, [this] { look_for_idle(); });
}

void simulated_cluster::check_outcome(const simulated_task& t) const {
  const auto& c = *clients_[t.client];
  if (!t.call || !c.alive) return;
  CAPTURE(t.number);
  REQUIRE(t.call->ready());
  const auto& o = t.call->at(0);
  if (o.kind == static_cast<std::uint16_t>(wire::record_kind::result)) {
    REQUIRE(o.payload.text() == "r" + std::to_string(t.number));
    REQUIRE(t.ended > t.failures);
    return;
  }
  const auto f = detail::decode_failure(o.payload);
  CAPTURE(f.what);
  switch (f.code) {
  case ec::remote_error: // its budget is used up, and not a run before
    REQUIRE(t.failed >= 1);
    if (disturbed_ == 0 && !t.aborted) REQUIRE(t.failed == (t.idempotent ? t.retries : 0) + 1);
    return;
  case ec::engine_lost:
    REQUIRE((!lossless_ || forgotten_ || t.kills));
    // Of a lost engine's tasks the oldest is blamed, whether it had begun or not.
    if (!t.directed() && t.idempotent) REQUIRE((t.kills || disturbed_ > most_losses));
    return;
  case ec::aborted:
    REQUIRE(t.aborted);
    return;
  case ec::impossible_dependency:
    REQUIRE_FALSE(t.parents.empty());
    return;
  case ec::not_connected:
    // Who was away for too long while the controller died is known no more.
    REQUIRE((c.over || over_ || forgotten_));
    return;
  default:
    FAIL("it failed with " << to_string(f.code));
  }
}

/// Nothing is remembered of what has ended.
void simulated_cluster::check_tables() const {
  std::vector<table_sizes> all;
  const auto add = [&](const std::vector<table_sizes>& more) { all.insert(all.end(), more.begin(), more.end()); };
  if (listening()) add(controller_->tables());
  for (const auto& n : nodes_)
    if (n && n->alive) add(n->tables());
  for (const auto& c : clients_)
    if (c->alive) all.push_back(c->core->tables());
  for (const auto& tables : all)
    for (const auto& [name, size] : tables) {
      CAPTURE(name);
      REQUIRE(size == 0);
    }
}

} // namespace pactor::test
