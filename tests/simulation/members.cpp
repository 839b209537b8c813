#include "tests/simulation/members.hpp"

#include "pactor/detail/failure.hpp"
#include "runtime/security/session_key.hpp"
#include "tests/simulation/cluster.hpp"
#include "tests/simulation/worker.hpp"

#include <csignal>
#include <utility>

namespace pactor::test {

using namespace std::chrono_literals;

namespace {

constexpr auto reconnect_limit = 30s;
constexpr auto secret = "secret";

hub_setup setup_of(network& net, std::uint32_t life, const files::roster& before) {
  hub_setup s{"simulated", "nonce", "0.1.0", "nowhere", 1, {}};
  s.incarnation = life;
  s.secret = secret;
  s.expected = before;
  s.now = [&net] { return net.steady(); };
  return s;
}

/// Calls `found` with a connection, or `none` if there can be none in time.
void dial(simulated_process& from, security::role as, simulated_cluster& cluster,
          std::optional<core::reconnecting>& attempts, std::mt19937& chance,
          const std::function<void(std::shared_ptr<simulated_link>)>& found, const std::function<void()>& none) {
  auto& net = from.net;
  const auto pause = attempts ? attempts->next(net.steady(), chance) : std::optional{0ns};
  if (!pause || cluster.over()) return none();
  const auto patience = from.cut_until > net.now() ? nanoseconds{2s} : net.way(net.random);
  from.after(*pause + patience, [&, as, found, none] {
    auto* to = cluster.listening();
    if (!to || from.cut_until > net.now()) {
      if (!attempts) attempts.emplace(net.steady(), reconnect_limit);
      return dial(from, as, cluster, attempts, chance, found, none);
    }
    attempts.reset();
    found(net.connect(from, as, *to));
  });
}

} // namespace

// ---- controller ----

simulated_controller::simulated_controller(simulated_cluster& c, std::uint32_t life, const files::roster& before)
    : simulated_process{c.net, "controller " + std::to_string(life)}, cluster_{c}, direct_{[this] {
        in_loop([this] { direct_.flush(); });
      }},
      balanced_{[this] { in_loop([this] { balanced_.flush(); }); }, [&n = c.net] { return n.steady(); }} {
  const auto history = std::make_shared<core::task_history>();
  const auto ends = std::make_shared<task_ends>();
  const auto prepare = [&](auto& state) {
    state.on_untold([this, &state] { after(1s, [&state] { state.tell_nodes(); }); });
    state.on_absent(
        [this, &state](const client_absent& a, std::chrono::milliseconds delay) { absent(state, a, delay); });
    state.share(history);
    state.share(ends);
    state.recover(life, before.engines, before.clients, before.lost);
    if (!state.recovering()) return;
    after(recovery_time, [&state] { state.end_recovery(); });
    after(absence_time, [&state] { state.end_absence(); });
  };
  prepare(direct_);
  prepare(balanced_);
  balanced_.watch_ends();
  balanced_.place({.seed = 1});
  balanced_.on_wake([this](nanoseconds delay) { after(delay, [this] { balanced_.look_again(); }); });
  hub_.emplace(setup_of(net, life, before), tell());
  if (hub_->recovering()) after(recovery_time, [this] { hub_->end_recovery(); });
}

hub_state::callbacks simulated_controller::tell() {
  hub_state::callbacks out;
  const auto both = [this](const auto& message) {
    in_loop([this, message] { direct_.join(message); });
    in_loop([this, message] { balanced_.join(message); });
  };
  out.client = [this](const client_joined& c) {
    in_loop([this, c] { absent_.erase({&direct_, c.client}), direct_.join(c); });
    in_loop([this, c] { absent_.erase({&balanced_, c.client}), balanced_.join(c); });
  };
  out.node = both;
  out.available = [this](const engine_available& e) { in_loop([this, e] { balanced_.available(e); }); };
  out.unassigned = [](const auto&) {};
  out.gone = [this](const struct link_down& d) {
    in_loop([this, d] { direct_.link_down(d); });
    in_loop([this, d] { balanced_.link_down(d); });
  };
  out.forget_later = [this](std::chrono::milliseconds delay) {
    net.plan(net.now() + delay, [this] {
      if (alive) to_hub([this] { hub_->forget_departed(); });
    });
  };
  out.roster = [this](const files::roster& r) { cluster_.controller_knows(r); };
  return out;
}

void simulated_controller::absent(scheduler_base& of, const client_absent& a, nanoseconds time) {
  absent_[{&of, a.client}] = a.absence;
  after(time, [this, &of, a] {
    const auto still = absent_.find({&of, a.client});
    if (still != absent_.end() && still->second == a.absence) cluster_.forgets(a.client);
    of.end_absence_of(a);
  });
}

void simulated_controller::to_hub(std::function<void()> f) {
  last_to_hub_ = std::max(last_to_hub_, net.now() + nanoseconds{net.random.below(300'000)});
  at(last_to_hub_, std::move(f));
}

void simulated_controller::in_loop(std::function<void()> f) {
  last_to_loop_ = std::max(last_to_loop_, net.now() + 20us);
  at(last_to_loop_, std::move(f));
}

void simulated_controller::frame(const frame_in& f) {
  switch (receiver_of(f.header)) {
  case receiver::direct:
    direct_.frame_in_turn(f);
    break;
  case receiver::balanced:
    balanced_.frame_in_turn(f);
    break;
  case receiver::all:
    direct_.frame_in_turn(f);
    balanced_.frame_in_turn(f);
    to_hub([this, f] { hub_->frame(f); });
    break;
  case receiver::hub:
    return to_hub([this, f] { hub_->frame(f); });
  }
  // A turn has one frame or several.
  if (std::exchange(turn_to_end_, true)) return;
  net.random.one_in(3) ? after(20us, [this] { end_turn(); }) : end_turn();
}

void simulated_controller::end_turn() {
  turn_to_end_ = false;
  direct_.end_turn();
  balanced_.end_turn();
}

void simulated_controller::closed(const transport::link_ptr& which, const std::string& reason) {
  net.say("the controller loses " + which->peer_address() + "'s peer: " + reason);
  const struct link_down down { which, reason };
  const auto both = [this, down] {
    in_loop([this, down] { direct_.link_down(down); });
    in_loop([this, down] { balanced_.link_down(down); });
  };
  both();
  to_hub([this, down, both] {
    hub_->link_down(down);
    both();
  });
}

// ---- node ----

simulated_node::simulated_node(simulated_cluster& c, std::size_t number, int engines, std::vector<int> requested)
    : simulated_process{c.net, "node " + std::to_string(number)}, cluster_{c}, index_{number} {
  hello_.host = name;
  hello_.pid = static_cast<int>(net.random.below(30'000));
  hello_.requested = std::move(requested);
  hello_.requested.resize(static_cast<std::size_t>(engines), -1);
  for (const auto e : hello_.requested) // the launcher has them
    hello_.keys.push_back(e < 0 ? "" : security::engine_key(secret, e));
  services_->now = [this] { return net.steady(); };
  services_->host = name;
  services_->flush_later = services_->flush_now = [] {};
  services_->report = [](const engine_report&) {};
  for (int i = 0; i < engines; ++i)
    engines_.push_back(std::make_shared<engine_state>(services_, static_cast<std::uint32_t>(net.random.below(1'000))));
  workers_.resize(engines_.size());
  services_->start_worker = [this](worker_events& events) -> std::unique_ptr<worker_link> {
    const auto is = [&](const auto& e) { return e.get() == &events; };
    const auto at = static_cast<std::size_t>(std::ranges::find_if(engines_, is) - engines_.begin());
    workers_[at] = std::make_shared<simulated_worker>(*this, cluster_, events);
    return std::make_unique<simulated_worker_link>(workers_[at]);
  };
  auto out = tell_in_place(std::make_shared<decltype(engines_)>(engines_));
  out.welcomed = [this](const std::vector<int>& ids) {
    welcomed_ = true;
    numbers_ = ids;
    cluster_.node_welcomed(index_, ids);
  };
  out.ended = [this](ec, const std::string& reason) {
    net.say(name + " ends: " + reason);
    after(0ns, [this] { cluster_.node_ended(index_); });
  };
  out.lost = [this](const std::string&) {
    attempts_.emplace(net.steady(), reconnect_limit);
    connect();
  };
  state_ = std::make_shared<node_state>(services_, "nonce", std::move(out));
  services_->report = [this](const engine_report& r) { state_->report(r); };
  services_->flush_now = [this] { state_->flush(); };
  services_->flush_later = [this] { after(0ns, [this] { state_->flush(); }); };
  for (std::size_t i = 0; i < engines_.size(); ++i) { // NOLINT(modernize-loop-convert): calls back by number
    auto& e = *engines_[i];
    e.on_restart([this, i](std::chrono::milliseconds delay) { after(delay, [this, i] { engines_[i]->start(); }); });
    e.on_limit(
        [this, i](std::chrono::milliseconds delay) { after(delay, [this, i] { engines_[i]->check_limits(); }); });
    e.start();
  }
  connect();
}

void simulated_node::connect() {
  welcomed_ = false;
  dial(
      *this, security::role::node, cluster_, attempts_, net.random.generator(),
      [this](auto link) {
        link_ = std::move(link);
        state_->connected(link_, hello_);
      },
      [this] { cluster_.node_ended(index_); });
}

void simulated_node::closed(const transport::link_ptr& which, const std::string& reason) {
  net.say(name + " loses its connection: " + reason);
  static_cast<void>(which);
  welcomed_ = false;
  state_->link_down(reason);
}

void simulated_node::kill_worker(std::size_t engine) {
  if (alive && engine < workers_.size() && workers_[engine]) workers_[engine]->die(SIGKILL);
}

std::vector<table_sizes> simulated_node::tables() const {
  std::vector<table_sizes> all{state_->tables()};
  for (const auto& e : engines_) all.push_back(e->tables());
  return all;
}

std::vector<int> simulated_node::idle_engines() const {
  std::vector<int> idle;
  for (std::size_t i = 0; i < engines_.size(); ++i)
    if (engines_[i]->report().state == "idle" && engines_[i]->tasks().empty()) idle.push_back(numbers_.at(i));
  return idle;
}

bool simulated_node::given_up() const {
  return std::ranges::all_of(engines_, [](const auto& e) { return e->report().state == "given up"; });
}

void simulated_node::clear() {
  for (auto& w : workers_)
    if (w) w->forget();
  for (auto& e : engines_) e->stop();
  services_->start_worker = nullptr;
}

// ---- client ----

simulated_client::simulated_client(simulated_cluster& c, std::string what)
    : simulated_process{c.net, std::move(what)},
      core{std::make_shared<client_core>([this] { after(0ns, [this] { core->flush(); }); })}, cluster_{c} {
  core->on_untold([this] { after(1s, [this] { core->tell_taken(); }); });
  core->on_lost([this] {
    attempts_.emplace(net.steady(), reconnect_limit);
    connect();
  });
  connect();
}

void simulated_client::connect() {
  dial(
      *this, security::role::client, cluster_, attempts_, net.random.generator(),
      [this](auto link) {
        link_ = std::move(link);
        core->on_connected(link_, {protocol_version, "nonce", name, 1});
      },
      [this] {
        over = true;
        core->on_gone("it does not come back");
      });
}

void simulated_client::closed(const transport::link_ptr&, const std::string& reason) {
  net.say(name + " loses its connection: " + reason);
  core->on_link_down(reason);
}

void simulated_client::frame(const frame_in& f) {
  const auto before = core->number();
  core->on_frame(f);
  if (before != 0 && core->number() != before) cluster_.forgets(core->number());
}

void simulated_client::leave() {
  core->closing();
  if (link_) {
    link_->send(transport::frame_kind::stop);
    link_->close("this client closed it");
  }
  core->on_gone("this client closed it");
  over = true;
}

} // namespace pactor::test
