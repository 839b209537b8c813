// A scheduler after the restart of its controller: who has what, and what is to be done again.

#include "actors/scheduler_base.hpp"

#include "pactor/codec.hpp"

#include <algorithm>
#include <utility>

namespace pactor {

using transport::frame_kind;
using transport::link_ptr;

namespace {
// Of outcomes whose clients are not back.
constexpr std::size_t most_absent_bytes = std::size_t{64} << 20;
} // namespace

void scheduler_base::recover(std::uint32_t life, std::span<const int> engines, std::span<const std::uint32_t> clients,
                             std::span<const int> lost) {
  set_life(life);
  if (life > 0) recovery_.expect(engines, clients, lost);
}

/// Clients' work waits until everyone is back, so that it keeps its order and nothing runs twice.
bool scheduler_base::waits(const frame_in& f) const {
  if (!by_link_.contains(f.from.get())) return false;
  switch (static_cast<frame_kind>(f.header.kind)) {
  case frame_kind::direct_tasks:
  case frame_kind::balanced_tasks:
  case frame_kind::task_control:
  case frame_kind::task_query:
    return true;
  case frame_kind::piece:
  case frame_kind::abandon:
    return (f.header.flags & transport::upward) == 0;
  default:
    return false;
  }
}

void scheduler_base::on_held(const frame_in& f) {
  const auto n = nodes_.find(f.from.get());
  if (n == nodes_.end()) { // the hub has not introduced it yet
    if (early_.size() < 1'000) early_.push_back(f);
    return;
  }
  const auto held = decode<held_tasks>(f.body);
  std::vector<core::recovery::run> runs;
  for (const auto& t : held.tasks)
    if (std::ranges::find(n->second.engines, t.engine) != n->second.engines.end())
      runs.push_back({{t.client, t.number}, t.id, t.engine, t.runs});
  // The engines are back with the last frame.
  recovery_.node_told(held.last ? std::span<const int>{n->second.engines} : std::span<const int>{}, runs, held.forgot);
  if (!held.last) return;
  if (recovery_.open()) {
    if (recovery_.complete()) end_recovery();
    return;
  }
  cancel_unwanted();
  f.from->send(frame_kind::resume, {}, 0, flags_);
}

void scheduler_base::on_resume(client_entry& from) {
  send_unread(from);
  recovery_.client_told(from.number);
  if (!recovery_.open()) return cancel_unwanted();
  if (recovery_.complete()) end_recovery();
}

void scheduler_base::end_recovery() {
  if (!recovery_.open()) return;
  recovery_.close();
  for (const auto& f : std::exchange(waiting_, {})) frame(f);
  cancel_unwanted();
  for (const auto& [link, n] : nodes_) n.out.link()->send(frame_kind::resume, {}, 0, flags_);
  flush_soon();
}

void scheduler_base::end_absence() {
  absent_outcomes_.clear();
  absent_bytes_ = 0;
  acknowledgements_.destination_gone(&absent_outcomes_);
  absence_over_ = true;
  cancel_unwanted();
  flush_soon();
}

void scheduler_base::adopted(const core::recovery::run& r, std::uint64_t id) {
  recovery_.adopted(r, id);
  auto kept = absent_outcomes_.extract({r.engine, r.id});
  if (kept.empty()) return;
  const auto& o = kept.mapped();
  absent_bytes_ -= o.payload.size();
  deliver_held(o.from, o.record, o.payload.data());
}

void scheduler_base::cancel_unwanted() {
  if (recovery_.idle()) return;
  cancel(recovery_.unwanted(absence_over_, [this](const core::owner& o) { return arrives_again(o); }));
}

void scheduler_base::cancel(const std::vector<core::recovery::run>& runs) {
  if (runs.empty()) return;
  task_control c;
  c.how = withdraw_or_cancel;
  c.by = "the restarted controller";
  std::vector<placed_task> placed;
  placed.reserve(runs.size());
  for (const auto& r : runs) placed.push_back({r.id, r.engine});
  order(c, placed);
}

void scheduler_base::order(const task_control& c, const std::vector<placed_task>& tasks) {
  constexpr std::size_t most = 100'000; // in one frame
  for (std::size_t at = 0; at < tasks.size(); at += most) {
    const auto end = std::min(tasks.size(), at + most);
    pass_on(c, {tasks.begin() + static_cast<std::ptrdiff_t>(at), tasks.begin() + static_cast<std::ptrdiff_t>(end)});
  }
}

void scheduler_base::fail_uncertain(const core::owner& whose, int engine) {
  failure f;
  f.code = ec::engine_lost;
  f.engine = engine;
  f.what = "the connection was lost or the controller restarted, and what became of this task meanwhile is not known: "
           "it may "
           "have run, and is not run again";
  fail(whose.client, whose.number, engine, f);
}

/// Of a node that may name a run by the id of an earlier life.
void scheduler_base::deliver_held(const link_ptr& from, wire::record r, const char* payload) {
  const auto theirs = r.id;
  const bool outcome = !wire::is_output(r.kind);
  if (outcome && recovery_.unclaimed(theirs, r.engine)) return keep_for_absent(from, r, payload);
  r.id = recovery_.ours(theirs, r.engine);
  if (outcome) recovery_.ended(theirs, r.engine);
  deliver(from, r, payload);
}

void scheduler_base::keep_for_absent(const link_ptr& from, const wire::record& r, const char* payload) {
  if ((r.flags & wire::transferred) != 0 || absent_bytes_ + r.size > most_absent_bytes) {
    recovery_.forgotten(r.id, r.engine);
    return deliver(from, r, payload); // to nobody
  }
  absent_bytes_ += r.size;
  absent_outcomes_[{r.engine, r.id}] = {from, r, detail::bytes::copy(payload, r.size)};
  acknowledgements_.passed(&absent_outcomes_); // the node keeps it until then
}

} // namespace pactor
