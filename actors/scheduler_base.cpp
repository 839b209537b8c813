#include "actors/scheduler_base.hpp"

#include "actors/lost_node.hpp"
#include "pactor/codec.hpp"
#include "pactor/detail/failure.hpp"

#include <cstring>
#include <new>

namespace pactor {

using transport::frame_kind;
using transport::link_ptr;

namespace {

/// What tasks end with, and what they say before.
bool from_node(std::uint16_t kind) {
  using wire::record_kind;
  const auto k = static_cast<record_kind>(kind);
  return (k >= record_kind::result && k <= record_kind::lost) ||
         (k >= record_kind::output && k <= record_kind::displayed);
}

} // namespace

void scheduler_base::share(std::shared_ptr<task_ends> ends) {
  ends_ = std::move(ends);
  ends_->open.emplace_back([this](const core::owner& task) { return has_open(task); });
  ends_->listers.push_back({[this](std::size_t most) { return open_tasks(most); }, [this] { return open(); }});
  log_in(&ends_->log);
}

bool scheduler_base::is_open(const core::owner& task) {
  for (const auto& has : ends_->open) // this one is among them, if there are any
    if (has(task)) return true;
  if (ends_->open.empty() && has_open(task)) return true;
  const auto key = history_->find(task);
  const auto* kept = key ? history_->at(*key) : nullptr;
  return kept && !kept->outcome;
}

std::optional<core::ended_tasks::end> scheduler_base::end_of(const core::owner& task) {
  const auto key = history_->find(task);
  if (const auto* kept = key ? history_->at(*key) : nullptr; kept && kept->outcome)
    return core::ended_tasks::end{kept->outcome->kind == static_cast<std::uint16_t>(wire::record_kind::result),
                                  kept->outcome->engine};
  return ends_->ended.of(task.client)->find(task.number);
}

void scheduler_base::join(const client_joined& c) {
  const auto [at, added] =
      clients_.try_emplace(c.client, client_entry{c.client, {c.link, frame_kind::outcomes, flags_}});
  auto& entry = at->second;
  if (!added) return come_back(entry, c.link);
  entry.unread = std::make_unique<core::outcome_ledger>();
  entry.out.follow(&acknowledgements_);
  entry.out.keep_in(entry.unread.get());
  entry.ended = ends_->ended.of(c.client);
  entry.returned = entry.dropped = c.again;
  by_link_[c.link.get()] = &entry;
}

void scheduler_base::join(const node_joined& n) {
  const auto [at, added] =
      nodes_.emplace(n.link.get(), node_entry{n.host, n.engines, outbox{n.link, frame_kind::tasks, flags_}});
  if (added)
    at->second.out.follow(&acknowledgements_);
  else
    at->second.engines.insert(at->second.engines.end(), n.engines.begin(), n.engines.end());
  for (const auto engine : n.engines) {
    engines_[engine] = n.link.get();
    engine_joined(engine);
  }
  for (const auto& f : std::exchange(early_, {})) frame(f);
  flush_soon();
}

scheduler_base::node_entry* scheduler_base::node_of(int engine) {
  const auto e = engines_.find(engine);
  if (e == engines_.end()) return nullptr;
  const auto n = nodes_.find(e->second);
  return n == nodes_.end() ? nullptr : &n->second;
}

void scheduler_base::flush_soon() {
  if (std::exchange(flushing_, true) || in_turn_) return;
  flush_later_();
}

void scheduler_base::flush() {
  flushing_ = false;
  before_flush();
  constexpr std::uint64_t many = 64; // else they are told with the next tasks, or after a while
  for (auto& [link, n] : nodes_) {
    n.out.send();
    if (const auto done = acknowledgements_.due(link, many))
      n.out.link()->send(frame_kind::acknowledge, {}, 0, flags_, *done);
    else if (!telling_ && tell_later_ && acknowledgements_.untold(link)) {
      telling_ = true;
      tell_later_();
    }
  }
  for (auto& [number, c] : clients_) c.out.send();
  ends_->log.settle();
}

table_sizes scheduler_base::tables() const {
  return {{"scheduler: frames that wait for the end of a recovery", waiting_.size()},
          {"scheduler: frames of nodes that have not joined", early_.size()},
          {"scheduler: outcomes for absent clients", absent_outcomes_.size()},
          {"scheduler: runs of an earlier life", recovery_.size()},
          {"scheduler: frames that are not acknowledged", acknowledgements_.open()},
          {"scheduler: labels", ends_->log.labels()},
          {"scheduler: payloads under way", relay_.size()},
          {"scheduler: results to be kept", arrivals_.size() + kept_assemblies_.size()},
          {"scheduler: kept results under way", kept_senders_.size()}};
}

void scheduler_base::tell_nodes() {
  telling_ = false;
  for (auto& [link, n] : nodes_)
    if (const auto done = acknowledgements_.due(link, 1))
      n.out.link()->send(frame_kind::acknowledge, {}, 0, flags_, *done);
}

void scheduler_base::refuse(const link_ptr& who, const std::string& why) {
  who->send(frame_kind::refused, detail::slice{encode(refusal{static_cast<std::uint8_t>(ec::refused), why})});
  who->close("it sent " + why);
}

std::string too_much_open(std::uint32_t client, const core::open_limits& most) {
  return "client " + std::to_string(client) + " has as many tasks open as the controller takes of one (" +
         std::to_string(most.tasks) + ", or " + std::to_string(most.bytes >> 20U) +
         " MiB of arguments): wait for some of them";
}

void scheduler_base::fail(std::uint32_t number_of_client, std::uint64_t number, int engine, const failure& f) {
  if (number_of_client == keeper) return kept_failure(number, f);
  ends_->log.ended({number_of_client, number}, {false, engine});
  answer_failure(number_of_client, number, engine, f);
}

void scheduler_base::answer_failure(std::uint32_t number_of_client, std::uint64_t number, int engine,
                                    const failure& f) {
  auto* c = client_of(number_of_client);
  if (!c) return;
  const auto body = detail::encode_failure(f);
  wire::record r;
  r.id = number;
  r.kind = static_cast<std::uint16_t>(wire::record_kind::failure);
  r.engine = engine;
  r.size = static_cast<std::uint32_t>(body.size());
  c->gate.ended(c->out, number, engine);
  note_end(*c, number, {false, engine});
  add_outcome(*c, r, body.data());
  flush_soon();
}

void scheduler_base::frame(const frame_in& f) {
  try {
    handle(f);
  } catch (const error& e) { // what it sent can't be read
    refuse(f.from, e.what());
  } catch (const std::bad_alloc&) {
    refuse(f.from, "more than there is memory for");
  }
}

void scheduler_base::handle(const frame_in& f) {
  if (recovery_.open() && waits(f)) return waiting_.push_back(f);
  switch (static_cast<frame_kind>(f.header.kind)) {
  case frame_kind::direct_tasks:
  case frame_kind::balanced_tasks:
    acknowledged(f);
    if (auto* c = sender_of(f)) on_tasks(*c, f.body);
    break;
  case frame_kind::task_control:
    if (const auto* c = sender_of(f)) on_control(*c, f);
    break;
  case frame_kind::task_query:
    if (auto* c = sender_of(f)) on_task_query(*c, f);
    break;
  case frame_kind::outcomes:
    on_outcomes(f.from, f.body);
    break;
  case frame_kind::acknowledge:
    acknowledged(f);
    break;
  case frame_kind::stop:
    if (auto* c = sender_of(f)) c->leaves = true;
    return;
  case frame_kind::held:
    on_held(f);
    break;
  case frame_kind::resume:
    if (auto* c = sender_of(f)) on_resume(*c);
    break;
  case frame_kind::piece:
    on_piece(f);
    return; // forwarded as it came: nothing to flush
  case frame_kind::credit:
    on_credit(f);
    return;
  case frame_kind::abandon:
    on_abandon(f);
    break;
  default:
    return;
  }
  flush_soon();
}

void scheduler_base::on_control(const client_entry& from, const frame_in& f) {
  auto c = decode<task_control>(f.body);
  if (c.how > static_cast<std::uint8_t>(end_how::kill)) throw error{ec::bad_payload, "a malformed task_control"};
  if (c.client == 0) c.client = from.number;
  c.by = "client " + std::to_string(from.number);
  auto found = withdraw(c.client, c.tasks);
  const auto kept_ended = withdraw_kept(c, found.placed);
  for (const auto number : found.ended) {
    failure aborted;
    aborted.code = ec::aborted;
    aborted.what = "taken back by " + c.by + " before it started";
    fail(c.client, number, -1, aborted);
  }
  pass_on(c, found.placed);
  if (f.header.tag == 0) return;
  const std::uint64_t known = found.ended.size() + found.placed.size() + kept_ended;
  f.from->send(frame_kind::answer, detail::slice{encode(known)}, f.header.tag);
}

void scheduler_base::pass_on(const task_control& c, const std::vector<placed_task>& tasks) {
  std::map<node_entry*, task_control> orders;
  for (const auto& t : tasks) {
    auto* n = node_of(t.engine);
    if (!n) continue; // it is going, and its tasks with it
    auto& order = orders[n];
    order.tasks.push_back(recovery_.theirs(t.id));
    order.engines.push_back(t.engine);
  }
  for (auto& [n, order] : orders) {
    order.how = c.how;
    order.by = c.by;
    n->out.send(); // the tasks first
    n->out.link()->send(frame_kind::task_control, detail::slice{encode(order)}, 0, flags_);
  }
}

void scheduler_base::on_outcomes(const link_ptr& from, const detail::bytes& batch) {
  const struct reading {
    core::acknowledgements& all;
    ~reading() { all.finished(); }
  } guard{acknowledgements_};
  acknowledgements_.received(from.get());
  bool sound = true, own = true; // a node speaks for its own engines
  const bool whole = wire::for_each_record(batch.data(), batch.size(), [&](const wire::record& r, const char* payload) {
    if (const auto e = engines_.find(r.engine); e != engines_.end() && e->second != from.get()) {
      own = false;
      return;
    }
    if (!from_node(r.kind)) return void(sound = false);
    recovery_.idle() ? deliver(from, r, payload) : deliver_held(from, r, payload);
  });
  if (!own) return refuse(from, "an outcome of an engine that is another node's");
  if (!whole || !sound) refuse(from, "a malformed batch of outcomes");
}

/// What a task says while it runs.
void scheduler_base::forward(wire::record r, const char* payload) {
  auto whose = on_output(r);
  if (whose && whose->task.client == keeper)
    if (const auto* e = history_->at(whose->task.number)) whose->task = e->whose;
  auto* c = whose ? client_of(whose->task.client) : nullptr;
  if (!c) return;
  r.id = whose->task.number;
  r.count = whose->losses;
  const bool full = c->unread->muted() && c->unread->bytes() + r.size > output_gate::most_for_absent;
  c->gate.pass(c->out, r, payload, full);
}

void scheduler_base::deliver(const link_ptr& from, const wire::record& r, const char* payload) {
  if (wire::is_output(r.kind)) return forward(r, payload);
  const auto whom = on_outcome(r, {payload, r.size});
  if (whom && whom->first == keeper) return keep(from, whom->second, r, payload);
  auto* const found = whom ? client_of(whom->first) : nullptr;
  const bool transferred = (r.flags & wire::transferred) != 0 && r.size == sizeof(std::uint64_t);
  std::uint64_t size = 0;
  if (transferred) std::memcpy(&size, payload, sizeof size);
  if (!found || (transferred && found->unread->muted())) { // nobody waits for it any more, or it can't be kept
    if (transferred) relay_.open({from, r.transfer}, {}, static_cast<std::uint16_t>(flags_ | transport::upward), size);
    if (found) found->dropped = true;
    return;
  }
  auto& c = *found;
  auto out = r;
  out.id = whom->second;
  c.gate.ended(c.out, out.id, r.engine);
  const bool ok = r.kind == static_cast<std::uint16_t>(wire::record_kind::result);
  note_end(c, out.id, {ok, r.engine});
  ends_->log.ended({c.number, out.id}, {ok, r.engine, r.started, r.completed});
  if (transferred) {
    out.transfer = next_transfer();
    relay_.open({from, r.transfer}, {{c.out.link(), out.transfer}},
                static_cast<std::uint16_t>(flags_ | transport::upward), size);
  }
  if (out.kind == static_cast<std::uint16_t>(wire::record_kind::lost))
    out.kind = static_cast<std::uint16_t>(wire::record_kind::failure);
  if (!transferred) return add_outcome(c, out, payload);
  c.out.add(out, payload);
  c.out.send(); // before its pieces
}

wire::record scheduler_base::options_record(const detail::bytes& options) {
  wire::record r;
  r.kind = static_cast<std::uint16_t>(wire::record_kind::options);
  r.size = static_cast<std::uint32_t>(options.size());
  return r;
}

void scheduler_base::node_gone(node_entry& n, const std::string& reason) {
  for (const auto engine : n.engines) {
    engines_.erase(engine);
    recovery_.engine_lost(engine);
    failure f;
    f.code = ec::engine_lost;
    f.engine = engine;
    f.host = n.host;
    f.what = words_of_lost_node(engine, reason);
    for (const auto& [client, number] : engine_lost(engine, f)) fail(client, number, engine, f);
  }
}

void scheduler_base::link_down(const struct link_down& d) {
  const auto& which = d.which;
  const auto lost = relay_.link_down(which);
  payloads_lost(lost.tasks);
  kept_senders_.link_down(which);
  lose_arrivals(which);
  std::erase_if(waiting_, [&](const frame_in& f) { return f.from == which; });
  std::erase_if(early_, [&](const frame_in& f) { return f.from == which; });
  acknowledgements_.source_gone(which.get());
  if (const auto c = by_link_.extract(which.get())) client_down(*c.mapped(), lost.results);
  peer_gone(which);
  if (const auto n = nodes_.find(which.get()); n != nodes_.end()) {
    acknowledgements_.destination_gone(which.get());
    auto gone = std::move(n->second);
    nodes_.erase(n);
    node_gone(gone, d.reason);
  }
  flush_soon();
}

} // namespace pactor
