#include "actors/hub.hpp"

#include "actors/lost_node.hpp"
#include "pactor/codec.hpp"
#include "runtime/core/engine_core.hpp"
#include "runtime/security/session_key.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace pactor {

using transport::frame_kind;
using transport::link_ptr;

namespace {

const auto given_up = core::to_string(core::engine_status::given_up);
const auto shut_down = core::to_string(core::engine_status::shut_down);
const auto restarting = core::to_string(core::engine_status::restarting);

constexpr std::size_t longest_host = 255;
constexpr std::size_t most_unread = std::size_t{64} << 20; // answers that wait for a client

/// Whether a name can be written into a log.
bool is_host(const std::string& name) {
  return name.size() <= longest_host &&
         std::ranges::all_of(name, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

/// Engines that nobody can use any more.
bool is_over(const std::string& state) { return state == given_up || state == shut_down; }

/// The first number that no engine of an earlier life had.
int next_engine(const files::roster& before) {
  int next = 0;
  for (const auto* engines : {&before.engines, &before.lost})
    for (const auto e : *engines) next = std::max(next, e + 1);
  return next;
}

} // namespace

void hub_state::send(const link_ptr& to, frame_kind kind, detail::bytes body, std::uint64_t tag) {
  to->in_loop([kind, body = std::move(body), tag](transport::link& l) {
    if (kind == frame_kind::answer && l.unsent() > most_unread)
      return l.close("it asks, and does not read the answers");
    l.send(kind, detail::slice{body}, tag);
  });
}

// Numbers of clients are not used again after a restart, until a million of them were there in one life.
hub_state::hub_state(hub_setup setup, callbacks out)
    : setup_{std::move(setup)}, out_{std::move(out)}, table_{next_engine(setup_.expected)},
      depot_{setup_.shipping, setup_.journal, setup_.expected.libraries, [this] { note_roster(); },
             [this] { out_.library_tick_later(); }},
      last_client_{setup_.incarnation << 20}, absent_clients_{setup_.expected.clients},
      recovering_{setup_.incarnation > 0 && !setup_.expected.engines.empty()} {
  for (const auto* engines : {&setup_.expected.engines, &setup_.expected.lost})
    for (const auto e : *engines) claims_.lost(e, setup_.now());
  note_lost(setup_.expected.lost);
}

void hub_state::refuse(const link_ptr& who, ec code, const std::string& why) {
  who->in_loop([code, why](transport::link& l) {
    l.send(frame_kind::refused, detail::slice{encode(refusal{static_cast<std::uint8_t>(code), why})});
    l.close(why);
  });
}

void hub_state::frame(const frame_in& f) {
  try {
    switch (static_cast<frame_kind>(f.header.kind)) {
    case frame_kind::hello:
      if (clients_.count(f.from.get()) + nodes_.count(f.from.get()) > 0)
        return refuse(f.from, ec::refused, "it said hello twice");
      return f.from->peer_role() == security::role::client ? on_hello_client(f) : on_hello_node(f);
    case frame_kind::engine_report:
      return on_report(f);
    case frame_kind::stop:
      if (const auto c = clients_.find(f.from.get()); c != clients_.end()) c->second.leaves = true;
      return;
    case frame_kind::query:
      return on_query(f);
    case frame_kind::library:
      return on_library(f);
    default:
      return;
    }
  } catch (const error& e) {
    refuse(f.from, ec::refused, e.what());
  }
}

bool hub_state::admit(const frame_in& f, std::uint32_t protocol, const std::string& nonce) const {
  if (protocol != protocol_version) {
    refuse(f.from, ec::incompatible_version,
           "the controller speaks protocol " + std::to_string(protocol_version) + ", this process " +
               std::to_string(protocol) + ": use the same version of pactor on all hosts");
    return false;
  }
  if (nonce != setup_.nonce) {
    refuse(f.from, ec::refused, "the connection file is of another start of this cluster: fetch it anew");
    return false;
  }
  return true;
}

void hub_state::on_hello_client(const frame_in& f) {
  const auto hello = decode<hello_client>(f.body);
  if (!is_host(hello.host)) throw error{ec::bad_payload, "a hello with a host name that is none"};
  if (!admit(f, hello.protocol, hello.nonce)) return;
  const auto back = returning(hello);
  if (!back && recovering_) return newcomers_.push_back(f);
  const auto number = back ? hello.number : ++last_client_;
  bool again = false;
  if (back) {
    const auto same = [number](const auto& entry) { return entry.second.number == number; };
    if (const auto before = std::ranges::find_if(clients_, same); before != clients_.end())
      replace(before->second.link, "its client came anew");
    again = number > setup_.incarnation << 20 || !returned_.insert(number).second;
    departed_.erase(number);
  }
  const client c{number, f.from};
  clients_.emplace(f.from.get(), c);
  setup_.journal.info("hub welcomes client " + std::to_string(c.number) + " (pid " + std::to_string(hello.pid) +
                      " on " + hello.host + ")");
  out_.client({c.number, c.link, again});
  note_roster();
  welcome_client w;
  w.client = c.number;
  w.key = security::session_key(setup_.secret, c.number);
  w.incarnation = setup_.incarnation;
  w.cluster_id = setup_.cluster_id;
  if (!recovering_) w.nodes = places();
  w.heartbeat_ms = setup_.heartbeat_ms;
  // The schedulers hear of the client first: what is posted to the I/O thread stays in order.
  f.from->in_loop([body = encode(w)](transport::link& l) {
    l.welcome_peer();
    l.send(frame_kind::welcome, detail::slice{body});
  });
}

void hub_state::end_recovery() {
  if (std::exchange(recovering_, false)) {
    // From now on the schedulers give up what may have run there, whether the engine comes later or not.
    std::vector<int> missing;
    for (const auto e : setup_.expected.engines)
      if (!table_.find(e)) missing.push_back(e);
    note_lost(missing);
    note_roster();
  }
  announce_engines();
  for (const auto& f : std::exchange(newcomers_, {})) frame(f);
}

/// Whether it has this number, and what it had open then may still be known.
bool hub_state::returning(const hello_client& h) const {
  if (h.number == 0 || h.key != security::session_key(setup_.secret, h.number)) return false;
  const bool of_this_life =
      (h.number > setup_.incarnation << 20 && h.number <= last_client_) || returned_.contains(h.number);
  const bool in_time = setup_.now() - started_ < absence_time;
  return of_this_life || (in_time && std::ranges::find(absent_clients_, h.number) != absent_clients_.end());
}

/// The end of a connection has not been noticed, but its peer is here again.
void hub_state::replace(link_ptr before, const std::string& why) {
  const struct link_down gone { std::move(before), why };
  gone.which->in_loop([why](transport::link& l) { l.close(why); });
  link_down(gone);
  out_.gone(gone);
}

void hub_state::forget_departed() {
  std::erase_if(departed_, [this](const auto& d) { return setup_.now() >= d.second; });
  note_roster();
}

/// Those who were there before and are not back count for a while: the next restart may come soon.
void hub_state::note_roster() {
  constexpr std::chrono::seconds while_recovering{5};
  auto& before = setup_.expected;
  if (!recovering_ && setup_.now() - started_ > while_recovering) before = {};
  std::erase_if(lost_engines_, [this](const auto& e) { return setup_.now() >= e.second; });
  files::roster now;
  now.engines = table_.ids();
  for (const auto& [link, c] : clients_) now.clients.push_back(c.number);
  for (const auto& [number, when] : departed_) now.clients.push_back(number);
  const auto add = [](auto& to, const auto& from) {
    for (const auto x : from)
      if (std::ranges::find(to, x) == to.end()) to.push_back(x);
  };
  add(now.engines, before.engines);
  add(now.clients, before.clients);
  now.libraries = depot_.current();
  for (const auto& [engine, when] : lost_engines_) now.lost.push_back(engine);
  out_.roster(now);
}

/// What these ran, a client that is away does not know; if this controller dies, nobody else does.
void hub_state::note_lost(std::span<const int> engines) {
  constexpr std::chrono::minutes until_all_heard{1}; // clients say within a second that they did; this is for slow ones
  if (engines.empty()) return;
  for (const auto e : engines) lost_engines_[e] = setup_.now() + until_all_heard;
  out_.forget_later(until_all_heard);
}

/// Any node's file admits nodes; whose an engine's number is, it does not say. @return how many numbers it will not
/// have
std::size_t hub_state::drop_unproven(hello_node& h) const {
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < h.requested.size() && !setup_.secret.empty(); ++i) {
    auto& number = h.requested[i];
    if (number < 0 || proven(h, i) || claims_.free_for_all(number, setup_.now())) continue;
    number = -1;
    ++dropped;
  }
  return dropped;
}

bool hub_state::proven(const hello_node& h, std::size_t i) const {
  return i < h.keys.size() && h.keys[i] == security::engine_key(setup_.secret, h.requested[i]);
}

std::vector<std::string> hub_state::keys_of(const std::vector<int>& engines) const {
  std::vector<std::string> all;
  for (const auto e : engines) all.push_back(security::engine_key(setup_.secret, e));
  return all;
}

void hub_state::on_hello_node(const frame_in& f) {
  auto hello = decode<hello_node>(f.body);
  if (!is_host(hello.host)) throw error{ec::bad_payload, "a hello with a host name that is none"};
  if (hello.requested.size() > most_engines)
    throw error{ec::bad_payload, "a node with " + std::to_string(hello.requested.size()) + " engines, of " +
                                     std::to_string(most_engines) + " that it may have"};
  if (!admit(f, hello.protocol, hello.nonce)) return;
  if (const auto unproven = drop_unproven(hello); unproven > 0)
    setup_.journal.warning("the node of " + hello.host + " asked for " + std::to_string(unproven) +
                           " numbers of engines that it can't show to be its own, and gets others");
  const auto same = [&](const auto& entry) {
    const auto& n = entry.second;
    return n.host == hello.host && n.pid == hello.pid && n.engines == hello.requested;
  };
  if (const auto before = std::ranges::find_if(nodes_, same); before != nodes_.end())
    replace(before->second.link, "its node came anew");
  const auto again = std::ranges::any_of(hello.requested, [&](int e) { return e >= 0 && e < table_.next(); });
  node n{++last_node_, hello.pid, hello.host, hello.lane, {}, f.from, std::move(hello.jobs)};
  n.engines = table_.node_joined(n.key, hello.host, hello.requested, hello.worker_pids);
  for (std::size_t i = 0; i < n.engines.size(); ++i)
    claims_.joined(n.engines[i], hello.requested[i] != n.engines[i] || proven(hello, i));
  setup_.journal.info("hub welcomes the node of " + hello.host + " (pid " + std::to_string(hello.pid) + ") with " +
                      std::to_string(n.engines.size()) + " engines");
  // The welcome goes out first: a scheduler may have tasks waiting for the node, and they must not overtake it.
  f.from->in_loop(
      [body = encode(welcome_node{n.engines, setup_.heartbeat_ms, setup_.incarnation, again, depot_.enabled(),
                                  depot_.node_joins(), keys_of(n.engines)})](transport::link& l) {
        l.welcome_peer();
        l.send(frame_kind::welcome, detail::slice{body});
      });
  depot_.node_joined(n.key, n.host, n.link);
  out_.node({n.host, n.link, n.engines});
  resume_drain(nodes_.emplace(f.from.get(), std::move(n)).first->second);
  note_roster();
  if (!recovering_) return announce_engines();
  if (std::ranges::all_of(setup_.expected.engines, [this](int e) { return table_.find(e) != nullptr; })) end_recovery();
}

void hub_state::on_report(const frame_in& f) {
  auto r = decode<engine_report>(f.body);
  const auto n = nodes_.find(f.from.get());
  const auto* e = table_.find(r.engine);
  if (n == nodes_.end() || !e || e->node != n->second.key) return;
  const auto before = e->condition;
  table_.set_condition(n->second.key, r.engine, {r.state, r.pid, r.restarts, r.queued, r.completed, r.last_loss});
  if (r.restarts != before.restarts)
    setup_.journal.warning("engine " + std::to_string(r.engine) + " lost its worker: " + r.last_loss);
  // The schedulers count on an engine from the moment it joined.
  const auto works = [](const std::string& state) { return state != restarting && !is_over(state); };
  if (works(r.state) != works(before.state)) out_.available({r.engine, works(r.state), is_over(r.state)});
  if (is_over(r.state) && !is_over(before.state)) {
    setup_.journal.error("engine " + std::to_string(r.engine) + (r.state == given_up ? " was given up: " : " was ") +
                         r.last_loss);
    announce_engines();
  }
}

void hub_state::on_library(const frame_in& f) {
  if (clients_.contains(f.from.get())) return depot_.from_client(f);
  if (const auto n = nodes_.find(f.from.get()); n != nodes_.end()) depot_.from_node(n->second.key, f);
}

void hub_state::on_query(const frame_in& f) {
  const auto q = decode<query>(f.body);
  switch (static_cast<query_kind>(q.kind)) {
  case query_kind::jobs:
    return send(f.from, frame_kind::answer, encode(jobs()), f.header.tag);
  case query_kind::status:
    return out_.unassigned([this, to = f.from, tag = f.header.tag](std::uint64_t n) { answer_status(to, tag, n); });
  case query_kind::restart_engines:
  case query_kind::stop_engines:
  case query_kind::signal_engines:
    return send(f.from, frame_kind::answer, encode(order_engines(f.from, q)), f.header.tag);
  case query_kind::start_engines:
    return send(f.from, frame_kind::answer, encode(start_engines(f.from, q)), f.header.tag);
  case query_kind::drain_host:
    return send(f.from, frame_kind::answer, encode(drain_host(f.from, q)), f.header.tag);
  case query_kind::stop_cluster:
    send(f.from, frame_kind::answer, encode(std::uint64_t{1}), f.header.tag);
    setup_.journal.info("hub ends the cluster for " + name_of(f.from));
    return out_.end_process();
  }
  refuse(f.from, ec::refused, "it asked what this controller does not know");
}

std::string hub_state::name_of(const link_ptr& from) const {
  const auto c = clients_.find(from.get());
  return c == clients_.end() ? "a client" : "client " + std::to_string(c->second.number);
}

/// @return how many of the engines there are
std::uint64_t hub_state::order_engines(const link_ptr& from, const query& q) {
  std::uint64_t found = 0;
  for (const auto& [link, n] : nodes_) {
    engine_control order{q.kind, {}, q.signal, name_of(from)};
    for (const auto engine : q.engines)
      if (std::ranges::find(n.engines, engine) != n.engines.end()) order.engines.push_back(engine);
    if (order.engines.empty()) continue;
    found += order.engines.size();
    send(n.link, frame_kind::engine_control, encode(order));
  }
  return found;
}

jobs_answer hub_state::jobs() const {
  std::set<jobs_answer::value_type> all;
  for (const auto& [link, n] : nodes_) {
    for (const auto& job : n.jobs)
      if (!depot_.replaces(std::get<2>(job))) all.insert(job);
    const auto shipped = depot_.jobs_of(n.key);
    all.insert(shipped.begin(), shipped.end());
  }
  return {all.begin(), all.end()};
}

/// What it said last, unless its node has missed heartbeats since.
std::string hub_state::state_of(const core::engine_entry& e) const {
  const auto of = std::ranges::find_if(nodes_, [&](const auto& n) { return n.second.key == e.node; });
  const auto silent = of == nodes_.end() ? std::chrono::milliseconds{0} : of->second.link->silence();
  if (silent < 2 * std::chrono::milliseconds{setup_.heartbeat_ms} || is_over(e.condition.state))
    return e.condition.state;
  const auto tenths = silent.count() / 100;
  return "silent " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

void hub_state::answer_status(const link_ptr& to, std::uint64_t tag, std::uint64_t unassigned) const {
  status_answer a;
  a.cluster_id = setup_.cluster_id;
  a.version = setup_.version;
  a.address = setup_.address;
  a.controller_pid = setup_.pid;
  for (const auto& e : table_.list()) {
    const auto& c = e.condition;
    a.engines.emplace_back(e.host, engine_report{e.id, draining_.drains(e.node) ? "draining" : state_of(e), c.pid,
                                                 c.restarts, c.queued, c.completed, last_loss(e)});
  }
  a.clients = static_cast<std::uint32_t>(clients_.size());
  a.unassigned = unassigned;
  a.controller_restarts = setup_.incarnation;
  send(to, frame_kind::answer, encode(a), tag);
}

/// That of the worker, or of the whole node if nothing was heard of a worker's death since.
std::string hub_state::last_loss(const core::engine_entry& e) const {
  const auto n = node_losses_.find(e.id);
  const auto& told = e.condition.last_loss;
  return n != node_losses_.end() && (told.empty() || told == n->second.before) ? n->second.what : told;
}

std::vector<node_place> hub_state::places() const {
  std::vector<node_place> all;
  for (const auto& [link, n] : nodes_) {
    node_place p{n.host, n.lane, {}};
    if (draining_.drains(n.key)) { // what clients have there goes on
      all.push_back(std::move(p));
      continue;
    }
    std::copy_if(n.engines.begin(), n.engines.end(), std::back_inserter(p.engines), [this](int id) {
      const auto* e = table_.find(id);
      return e && !is_over(e->condition.state);
    });
    all.push_back(std::move(p));
  }
  return all;
}

void hub_state::announce_engines() const {
  if (recovering_) return; // a part of them would be taken for all
  const auto body = encode(places());
  for (const auto& [link, c] : clients_) send(c.link, frame_kind::engines, body);
}

void hub_state::link_down(const struct link_down& d) {
  depot_.link_down(d.which);
  std::erase_if(newcomers_, [&](const frame_in& f) { return f.from == d.which; });
  if (const auto c = clients_.find(d.which.get()); c != clients_.end()) {
    setup_.journal.info("client " + std::to_string(c->second.number) + " left: " + d.reason);
    std::erase(setup_.expected.clients, c->second.number);
    if (!c->second.leaves) {
      // Before the schedulers drop what it has: the next controller would not know, and take it up again.
      constexpr std::chrono::milliseconds ahead{500};
      const std::chrono::milliseconds delay = (d.which->fell_silent() ? absence_time : broken_time) - ahead;
      departed_[c->second.number] = setup_.now() + delay;
      out_.forget_later(delay);
    }
    clients_.erase(c);
    note_roster();
  }
  const auto n = nodes_.find(d.which.get());
  if (n == nodes_.end()) return;
  setup_.journal.warning("hub lost the node of " + n->second.host + " with " +
                         std::to_string(n->second.engines.size()) + " engines: " + d.reason);
  for (const auto e : n->second.engines) {
    const auto* entry = table_.find(e);
    node_losses_[e] = {words_of_lost_node(e, d.reason), entry ? entry->condition.last_loss : ""};
    std::erase(setup_.expected.engines, e);
    claims_.lost(e, setup_.now());
  }
  note_lost(n->second.engines);
  constexpr std::size_t most_remembered = 4096;
  while (node_losses_.size() > most_remembered) node_losses_.erase(node_losses_.begin()); // the oldest number
  table_.node_gone(n->second.key);
  depot_.node_gone(n->second.key);
  remember_drain(n->second);
  nodes_.erase(n);
  note_roster();
  announce_engines();
}

void hub_state::stop() {
  // Clients first: they are not to hear of lost engines instead.
  for (const auto& [link, c] : clients_) send(c.link, frame_kind::stop, {});
  for (const auto& [link, n] : nodes_) send(n.link, frame_kind::stop, {});
}

} // namespace pactor
