#include "actors/node.hpp"

#include "pactor/codec.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pactor {

using transport::frame_kind;
using wire::record;
using wire::record_kind;

node_state::node_state(std::shared_ptr<node_services> services, std::string nonce, callbacks out)
    : services_{std::move(services)}, nonce_{std::move(nonce)}, out_{std::move(out)} {
  if (!services_->lanes) return;
  services_->lanes->on_settled([this](std::uint32_t client, std::uint64_t handle, const std::string& trouble) {
    finish_shared(client, handle, trouble);
  });
}

void node_state::connected(const transport::link_ptr& controller, hello_node hello) {
  controller_ = controller;
  hello.nonce = nonce_;
  if (!numbers_.empty()) {
    hello.requested = numbers_;
    hello.keys = keys_;
  } else {
    replaces_ = std::ranges::any_of(hello.requested, [](int e) { return e >= 0; });
  }
  controller_->send(frame_kind::hello, detail::slice{encode(hello)});
}

void node_state::frame(const frame_in& f) {
  try {
    handle(f);
  } catch (const error& e) { // a controller that talks nonsense is none
    f.from->close(e.what());
  }
}

void node_state::handle(const frame_in& f) {
  switch (static_cast<frame_kind>(f.header.kind)) {
  case frame_kind::welcome:
    return on_welcome(f);
  case frame_kind::refused: {
    const auto r = decode<refusal>(f.body);
    return end(static_cast<ec>(r.code), r.what);
  }
  case frame_kind::stop:
    return end(ec::interrupted, "the controller ends the cluster");
  case frame_kind::tasks:
    ledger((f.header.flags & transport::balanced) != 0).acknowledged(f.header.aux);
    return on_tasks(f);
  case frame_kind::acknowledge:
    return ledger((f.header.flags & transport::balanced) != 0).acknowledged(f.header.aux);
  case frame_kind::resume:
    return on_resume((f.header.flags & transport::balanced) != 0);
  case frame_kind::task_control:
    return on_task_control(f);
  case frame_kind::engine_control:
    return on_engine_control(f);
  case frame_kind::piece:
    return on_piece(f);
  case frame_kind::credit:
    if (services_->senders.credit(f.from, f.header)) services_->large.erase(f.header.tag);
    return;
  case frame_kind::abandon:
    return finish_arrival(f.header.tag, false);
  default:
    return;
  }
}

void node_state::on_welcome(const frame_in& f) {
  const auto w = decode<welcome_node>(f.body);
  controller_->welcome_peer();
  controller_->set_heartbeat(std::chrono::milliseconds{w.heartbeat_ms});
  services_->shipping = w.shipping;
  leaving_ = false; // a controller that does not know of that any more is asked again
  if (out_.libraries) {
    // Workers start with the libraries that there are; those that run already get them as they come.
    if (numbers_.empty() && !w.libraries.empty()) services_->settled = false;
    out_.libraries({controller_, w.libraries});
  }
  if (!numbers_.empty()) return welcome_back(w);
  services_->direct.emplace(controller_, frame_kind::outcomes, std::uint16_t{0});
  services_->balanced.emplace(controller_, frame_kind::outcomes, std::uint16_t{transport::balanced});
  services_->direct->keep_in(&services_->direct_ledger);
  services_->balanced->keep_in(&services_->balanced_ledger);
  welcomed_ = true;
  numbers_ = w.engines;
  keys_ = w.keys;
  keys_.resize(numbers_.size());
  incarnation_ = w.incarnation;
  const bool forgot =
      w.again || (replaces_ && w.incarnation > 0); // of another node with these numbers nothing is known
  if (forgot) note_replacement();
  batches_.resize(w.engines.size());
  for (std::size_t i = 0; i < w.engines.size(); ++i) {
    engines_[w.engines[i]] = i;
    out_.number(i, engine_number{w.engines[i]});
  }
  if (incarnation_ > 0)
    for (const auto balanced : {false, true}) tell_held(balanced, forgot);
  out_.welcomed(w.engines);
}

void node_state::on_tasks(const frame_in& f) {
  const bool directed = (f.header.flags & transport::balanced) == 0;
  targets_.clear();
  options_ = {};
  wire::for_each_record(f.body.data(), f.body.size(), [&](const record& r, const char* payload) {
    if (r.kind == static_cast<std::uint16_t>(record_kind::targets)) {
      targets_.resize(r.size / sizeof(target));
      if (!targets_.empty()) std::memcpy(targets_.data(), payload, targets_.size() * sizeof(target));
    } else if (r.kind == static_cast<std::uint16_t>(record_kind::options)) {
      options_ = decode<wire_options>(payload, r.size);
    } else {
      on_task(r, {f.body, payload, r.size}, directed);
      if (options_.keep || options_.run_limit > 0) options_ = {};
    }
  });
  for (std::size_t i = 0; i < batches_.size(); ++i)
    if (!batches_[i].items.empty()) out_.tasks(i, std::exchange(batches_[i], {}));
  for (const auto& a : std::exchange(refused_, {})) tell_waiting(a, false);
}

void node_state::on_task(const record& r, detail::slice payload, bool directed) {
  if (r.engine >= 0) targets_.assign(1, target{r.id, r.engine, 0, static_cast<std::uint64_t>(r.started)});
  const auto e = expect(r, payload);
  if (e.file) payload = {};
  for (const auto& t : targets_) {
    const auto engine = engines_.find(t.engine);
    if (engine == engines_.end()) continue;
    if (e.entry) e.entry->waiting.emplace_back(engine->second, transfer_ended{t.id, directed, false, e.entry->trouble});
    // A kept task's result is for the controller, whoever submitted it.
    const auto reader = options_.keep ? 0 : r.count;
    batches_[engine->second].items.push_back(
        {t.id, directed, reader, e.file, payload, std::chrono::nanoseconds{options_.run_limit}, {r.count, t.number}});
  }
  targets_.clear();
}

node_state::expected node_state::expect(const record& r, const detail::slice& payload) {
  std::uint64_t size = 0;
  if ((r.flags & (wire::transferred | wire::shared)) == 0 || payload.size != sizeof size) return {};
  std::memcpy(&size, payload.data, sizeof size);
  if ((r.flags & wire::shared) != 0) return expect_shared(r, size);
  auto& a = arrivals_[r.transfer];
  try {
    if (size == 0 || size >> 32 != 0)
      throw error{ec::bad_payload, "a payload of " + std::to_string(size) + " bytes can't be"};
    a.file = std::make_shared<memory_file>(size, services_->memory);
  } catch (const error& e) { // its pieces are thrown away
    a.file = std::make_shared<memory_file>(memory_file::announced{}, std::max<std::uint64_t>(size, 1));
    a.trouble = e.what();
  }
  return {a.file, &a};
}

node_state::expected node_state::expect_shared(const record& r, std::uint64_t size) {
  try {
    if (!services_->lanes) throw error{ec::bad_payload, "this node has no lanes"};
    auto file = services_->lanes->claim(r.count, r.transfer, size);
    if (file->complete()) return {std::move(file), nullptr};
    auto& a = shared_[{r.count, r.transfer}];
    a.file = std::move(file);
    return {a.file, &a};
  } catch (const error& e) {
    auto& a = refused_.emplace_back();
    a.file = std::make_shared<memory_file>(memory_file::announced{}, size);
    a.trouble = e.what();
    return {a.file, &a};
  }
}

void node_state::tell_waiting(const arrival& a, bool complete) {
  for (auto [engine, t] : a.waiting) {
    t.complete = complete;
    out_.ended_transfer(engine, t);
  }
}

void node_state::finish_shared(std::uint32_t client, std::uint64_t handle, const std::string& trouble) {
  auto a = shared_.extract({client, handle});
  if (!a) return;
  for (auto& [engine, t] : a.mapped().waiting) t.trouble = trouble;
  tell_waiting(a.mapped(), trouble.empty());
}

void node_state::on_task_control(const frame_in& f) {
  const auto c = decode<task_control>(f.body);
  const bool unwanted = c.how == withdraw_or_cancel, back = unwanted || c.how == give_back;
  if (c.tasks.size() != c.engines.size() || (!back && c.how > static_cast<std::uint8_t>(end_how::kill)))
    throw error{ec::bad_payload, "a malformed task_control"};
  const bool directed = (f.header.flags & transport::balanced) == 0;
  std::map<std::size_t, std::vector<std::uint64_t>> ids; // by engine
  for (std::size_t i = 0; i < c.tasks.size(); ++i)
    if (const auto e = engines_.find(c.engines[i]); e != engines_.end()) ids[e->second].push_back(c.tasks[i]);
  const auto how = unwanted ? end_how::ask : back ? end_how::abort : static_cast<end_how>(c.how);
  const task_order what{0, directed, how, c.by, back};
  for (const auto& [engine, tasks] : ids) out_.order(engine, what, tasks);
}

void node_state::on_engine_control(const frame_in& f) {
  const auto c = decode<engine_control>(f.body);
  if (c.kind == leave_node) {
    leaving_ = true;
    return leave_when_done();
  }
  if (c.kind == static_cast<std::uint8_t>(query_kind::start_engines)) {
    for (std::size_t i = 0; i < c.engines.size(); ++i) add_engine(c.engines[i], i < c.keys.size() ? c.keys[i] : "");
    return;
  }
  for (const auto number : c.engines)
    if (const auto e = engines_.find(number); e != engines_.end()) out_.manage(e->second, c);
}

detail::bytes node_state::buffer(const transport::frame_header& header) const {
  if (header.kind == static_cast<std::uint16_t>(frame_kind::piece))
    if (const auto a = arrivals_.find(header.tag); a != arrivals_.end())
      if (auto place = a->second.file->place(header.aux, header.size)) return place;
  return detail::bytes::allocate(header.size);
}

void node_state::on_piece(const frame_in& f) {
  controller_->send(frame_kind::credit, {}, f.header.tag, f.header.flags, 1);
  const auto i = arrivals_.find(f.header.tag);
  if (i == arrivals_.end()) return;
  auto& a = i->second;
  try {
    if (!a.trouble.empty()) return finish_arrival(f.header.tag, false);
    a.file->append(f.body.data(), f.body.size());
    if (!a.file->complete()) return;
  } catch (const error& e) {
    for (auto& [engine, t] : a.waiting) t.trouble = e.what();
    return finish_arrival(f.header.tag, false);
  }
  finish_arrival(f.header.tag, true);
}

void node_state::finish_arrival(std::uint64_t tag, bool complete) {
  const auto i = arrivals_.find(tag);
  if (i == arrivals_.end()) return;
  const auto a = std::move(i->second);
  arrivals_.erase(i);
  tell_waiting(a, complete);
}

void node_state::flush() {
  if (!services_->direct) return;
  services_->direct->send();
  services_->balanced->send();
}

void node_state::report(const engine_report& r) {
  if (!welcomed_ || ended_) return;
  controller_->send(frame_kind::engine_report, detail::slice{encode(r)});
  if (r.state != core::to_string(core::engine_status::shut_down)) return;
  shut_down_.insert(r.engine);
  if (shut_down_.size() == engines_.size()) end(ec::interrupted, "all its engines were shut down");
}

void node_state::add_engine(int number, std::string key) {
  if (!out_.add_engine || engines_.contains(number)) return;
  out_.add_engine();
  const auto index = numbers_.size();
  numbers_.push_back(number);
  keys_.push_back(std::move(key));
  batches_.resize(numbers_.size());
  engines_[number] = index;
  out_.number(index, engine_number{number});
}

/// Whoever waits for an outcome has it when it is acknowledged; but who does not say so is not waited for long.
void node_state::leave_when_done() {
  if (!leaving_ || ended_) return;
  constexpr int heard = 2, unheard = 12; // looks
  bool busy = !welcomed_ || services_->senders.size() > 0 || controller_->unsent() > 0 || !arrivals_.empty();
  if (out_.held)
    for (std::size_t i = 0; i < numbers_.size(); ++i) busy = busy || !out_.held(i).empty();
  flush();
  quiet_ = busy ? 0 : quiet_ + 1;
  const auto kept = services_->direct_ledger.bytes() + services_->balanced_ledger.bytes();
  if (quiet_ >= (kept == 0 ? heard : unheard)) end(ec::interrupted, "it was drained, and has nothing left to do");
}

void node_state::depart(ec code, const std::string& why) {
  if (ended_ || departs_for_) return;
  departs_for_.emplace(code, why);
  if (out_.depart)
    for (std::size_t i = 0; i < numbers_.size(); ++i) out_.depart(i, why);
  flush();
  if (!welcomed_) return end(code, why);
  controller_->close(why); // once all of that has left
}

void node_state::use_library(const library_in_use& l) {
  auto& all = services_->shipped;
  std::erase_if(all, [&](const auto& each) { return each.file == l.library.file; });
  if (!l.library.path.empty()) all.push_back(l.library);
  for (std::size_t i = 0; i < numbers_.size(); ++i) out_.use_library(i, l.library);
  if (!l.tell || !welcomed_) return;
  library_report told;
  told.word = static_cast<std::uint8_t>(library_word::in_use);
  told.library = {l.library.file, l.library.hash, 0};
  controller_->send(frame_kind::library, detail::slice{encode(told)});
}

void node_state::libraries_settled() {
  services_->settled = true;
  for (std::size_t i = 0; i < numbers_.size(); ++i) out_.settled(i);
}

table_sizes node_state::tables() const {
  return {{"node: payloads on their way", arrivals_.size()},
          {"node: payloads by lane", shared_.size()},
          {"node: outcomes of directed tasks", services_->direct_ledger.bytes()},
          {"node: outcomes of balanced tasks", services_->balanced_ledger.bytes()},
          {"node: large results", services_->large.size()},
          {"node: results under way", services_->senders.size()},
          {"node: tasks of workers", services_->held}};
}

void node_state::end(ec code, const std::string& reason) {
  if (!std::exchange(ended_, true)) out_.ended(code, reason);
}

} // namespace pactor
