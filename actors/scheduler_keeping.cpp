// Tasks whose outcomes stay in the controller: for the cores they are the history's, whatever becomes of their client.

#include "actors/scheduler_base.hpp"

#include "pactor/codec.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/task_id.hpp"
#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <new>

namespace pactor {

using transport::frame_kind;
using transport::link_ptr;

namespace {

using steady = std::chrono::steady_clock;

std::int64_t now() { return std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count(); }

// Of each scheduler's tasks that have not ended; of more, the list says only how many they are.
constexpr std::size_t most_listed = 10'000;

std::string open_state(int engine) { return engine < 0 ? "pending" : "assigned"; }

/// @param engine that has it, if it has not ended
std::string state_of(const core::task_history::entry& e, int engine) {
  if (!e.outcome) return open_state(engine);
  if (e.dropped) return "dropped";
  return e.outcome->kind == static_cast<std::uint16_t>(wire::record_kind::result) ? "finished" : "failed";
}

} // namespace

detail::bytes scheduler_base::checked_options(const char* data, std::size_t size) {
  if (size > max_options) throw error{ec::bad_payload, "options of a task that are too long"};
  auto o = decode<wire_options>(data, size);
  auto on = encode(o);
  to_keep_.reset();
  label_ = o.keep ? std::string{} : o.label;
  if (o.keep) to_keep_ = std::move(o);
  return on;
}

std::uint32_t scheduler_base::kind_of(const char* payload, std::size_t size) {
  const auto call = wire::read_call(payload, size);
  if (!call) return 0;
  const auto kind = static_cast<std::uint32_t>(std::hash<std::string_view>{}(call->job));
  ends_->log.name(kind, call->job);
  return kind;
}

core::owner scheduler_base::owner_of(const client_entry& from, std::uint64_t number) {
  const core::owner whose{from.number, number};
  if (!to_keep_) return whose;
  const auto key = history_->open({whose, to_keep_->job, to_keep_->label, now()});
  history_->wait(key, whose); // who submitted it gets it as any other
  return {keeper, key};
}

void scheduler_base::name_submitter(wire::record& r) const {
  const auto* e = history_->at(static_cast<std::uint64_t>(r.started));
  if (!e) return;
  r.count = e->whose.client;
  r.started = static_cast<std::int64_t>(e->whose.number);
}

std::uint64_t scheduler_base::withdraw_kept(const task_control& c, std::vector<placed_task>& placed) {
  if (history_->all().empty()) return 0;
  std::vector<std::uint64_t> keys;
  for (const auto number : c.tasks)
    if (const auto key = history_->find({c.client, number})) keys.push_back(*key);
  const auto found = withdraw(keeper, keys);
  placed.insert(placed.end(), found.placed.begin(), found.placed.end());
  failure aborted;
  aborted.code = ec::aborted;
  aborted.what = "taken back by " + c.by + " before it started";
  for (const auto key : found.ended) kept_failure(key, aborted);
  return found.ended.size();
}

/// It never came wholly, and its client hands it in again; others who wait for it are told why they wait in vain.
void scheduler_base::withdraw_kept(std::uint64_t key, std::uint32_t client, const failure& f) {
  for (const auto& who : history_->withdraw(key))
    if (who.client != client) answer_failure(who.client, who.number, -1, f);
}

/// An outcome of a kept task came; a large one is still to follow.
void scheduler_base::keep(const link_ptr& from, std::uint64_t key, const wire::record& r, const char* payload) {
  const auto lost = r.kind == static_cast<std::uint16_t>(wire::record_kind::lost);
  core::kept_outcome o{lost ? static_cast<std::uint16_t>(wire::record_kind::failure) : r.kind,
                       r.engine,
                       r.count,
                       r.started,
                       r.completed,
                       {}};
  if ((r.flags & (wire::transferred | wire::shared)) == 0) {
    o.payload = detail::bytes::copy(payload, r.size); // the batch goes
    return kept(key, o);
  }
  std::uint64_t size = 0;
  if (r.size == sizeof size) std::memcpy(&size, payload, sizeof size);
  if ((r.flags & wire::shared) != 0 || size == 0 || size >> 32 != 0)
    throw error{ec::bad_payload, "a result of an impossible size"};
  try {
    kept_assemblies_.expect(from, r.transfer, size);
    arrivals_[{from.get(), r.transfer}] = {key, std::move(o)};
  } catch (const std::bad_alloc&) {
    failure f;
    f.code = ec::system;
    f.engine = r.engine;
    f.what = "no memory in the controller to keep a result of " + std::to_string(size) + " bytes";
    relay_.open({from, r.transfer}, {}, static_cast<std::uint16_t>(flags_ | transport::upward), size);
    kept_failure(key, f);
  }
}

void scheduler_base::upward_piece(const frame_in& f) {
  if (relay_.piece(f.from, f.header, f.body)) return;
  const auto at = arrivals_.find({f.from.get(), f.header.tag});
  if (at == arrivals_.end()) return;
  auto payload = kept_assemblies_.piece(f.from, f.header, f.body);
  if (!payload) return;
  auto a = std::move(at->second);
  arrivals_.erase(at);
  a.outcome.payload = detail::slice{std::move(*payload)};
  kept(a.key, a.outcome);
}

void scheduler_base::upward_credit(const frame_in& f) {
  if (!relay_.credit(f.from, f.header)) kept_senders_.credit(f.from, f.header);
}

void scheduler_base::upward_abandon(const frame_in& f) {
  const auto at = arrivals_.find({f.from.get(), f.header.tag});
  if (at == arrivals_.end()) return relay_.abandoned(f.from, f.header);
  kept_assemblies_.drop(f.from, f.header.tag);
  failure lost;
  lost.code = ec::engine_lost;
  lost.engine = at->second.outcome.engine;
  lost.what = "engine " + std::to_string(lost.engine) + " was lost while its result was on the way";
  const auto key = at->second.key;
  arrivals_.erase(at);
  kept_failure(key, lost);
}

void scheduler_base::lose_arrivals(const link_ptr& from) {
  for (const auto tag : kept_assemblies_.link_down(from)) {
    auto a = arrivals_.extract({from.get(), tag});
    if (a.empty()) continue;
    failure lost;
    lost.code = ec::engine_lost;
    lost.engine = a.mapped().outcome.engine;
    lost.what = "engine " + std::to_string(lost.engine) + " was lost while its result was on the way";
    kept_failure(a.mapped().key, lost);
  }
}

void scheduler_base::kept_failure(std::uint64_t key, const failure& f) {
  const auto ended = now();
  kept(key, {static_cast<std::uint16_t>(wire::record_kind::failure), f.engine, 0, ended, ended,
             detail::slice{detail::encode_failure(f)}});
}

void scheduler_base::kept(std::uint64_t key, const core::kept_outcome& o) {
  const auto waiting = history_->end(key, o);
  for (const auto& who : waiting) tell(who, o);
  history_->trim();
}

void scheduler_base::tell(const core::owner& who, const core::kept_outcome& o) {
  auto* const found = client_of(who.client);
  if (!found) return;
  auto& c = *found;
  auto& out = c.out;
  c.gate.ended(out, who.number, o.engine);
  note_end(c, who.number, {o.kind == static_cast<std::uint16_t>(wire::record_kind::result), o.engine});
  wire::record r;
  r.id = who.number;
  r.kind = o.kind;
  r.engine = o.engine;
  r.count = o.pid;
  r.started = o.started;
  r.completed = o.completed;
  flush_soon();
  if (o.payload.size <= worker::inline_limit) {
    r.size = static_cast<std::uint32_t>(o.payload.size);
    return add_outcome(c, r, o.payload.data);
  }
  if (c.unread->muted()) { // it asks again
    c.dropped = true;
    return;
  }
  const std::uint64_t size = o.payload.size;
  r.size = sizeof size;
  r.flags = wire::transferred;
  r.transfer = next_transfer();
  out.add(r, &size);
  out.send(); // before its pieces
  kept_senders_.start(out.link(), r.transfer, static_cast<std::uint16_t>(flags_ | transport::upward), o.payload);
}

void scheduler_base::on_task_query(client_entry& from, const frame_in& f) {
  if (f.header.tag != 0) {
    constexpr std::size_t most_unread = std::size_t{64} << 20;
    if (f.from->unsent() > most_unread) return f.from->close("it asks, and does not read the answers");
    return f.from->send(frame_kind::answer, detail::slice{encode(list())}, f.header.tag);
  }
  const auto q = decode<task_query>(f.body);
  const core::owner asks{from.number, q.as};
  const auto key = history_->find({q.client, q.number});
  const auto* e = key ? history_->at(*key) : nullptr;
  if (e && !e->outcome) return history_->wait(*key, asks);
  if (e && !e->dropped) return tell(asks, *e->outcome);
  failure none;
  none.code = ec::invalid_argument;
  none.what = "task " + to_string(task_id{q.client, q.number}) +
              (e ? " has ended, but its outcome was dropped: others took its place"
                 : " is not kept: it was not submitted so, or it is forgotten");
  answer_failure(from.number, q.as, -1, none);
}

task_list_answer scheduler_base::list() const {
  task_list_answer answer;
  answer.forgotten = history_->forgotten();
  const auto& log = ends_->log;
  // Looked up once, so that what came first stays first.
  const auto to_system = now() - std::chrono::nanoseconds{steady::now().time_since_epoch()}.count();
  const auto add = [&](const core::open_task& t, std::string_view label, std::string state) -> auto& {
    auto& entry = answer.tasks.emplace_back();
    entry.client = t.task.client;
    entry.number = t.task.number;
    entry.job = log.job_of(t.kind);
    entry.label = label;
    entry.engine = t.engine;
    entry.state = std::move(state);
    if (t.submitted != steady::time_point{})
      entry.submitted = to_system + std::chrono::nanoseconds{t.submitted.time_since_epoch()}.count();
    return entry;
  };
  log.for_each_ended([&](const core::task_log::entry& e) {
    auto& t = add(e.what, e.label, e.how.ok ? "finished" : "failed");
    t.engine = e.how.engine;
    t.started = e.how.started;
    t.completed = e.how.completed;
  });
  std::map<std::uint64_t, int> kept_at; // engines that have kept tasks
  for (const auto& l : ends_->listers) {
    const auto some = l.some(most_listed);
    if (some.size() == most_listed) answer.unlisted += l.count() - some.size();
    for (const auto& t : some) {
      if (t.task.client == keeper)
        kept_at.emplace(t.task.number, t.engine);
      else
        add(t, log.label_of(t.task), open_state(t.engine));
    }
  }
  for (const auto& [key, e] : history_->all()) {
    const auto at = kept_at.find(key);
    const auto engine = at == kept_at.end() ? -1 : at->second;
    task_list_entry t{e.whose.client, e.whose.number, e.job, e.label, engine, state_of(e, engine), e.submitted};
    t.kept = true;
    if (e.outcome) {
      t.engine = e.outcome->engine;
      t.started = e.outcome->started;
      t.completed = e.outcome->completed;
    }
    answer.tasks.push_back(std::move(t));
  }
  std::ranges::stable_sort(answer.tasks, {}, &task_list_entry::submitted);
  return answer;
}

} // namespace pactor
