// A node whose connection was lost: it goes on with what it has, and tells a restarted controller.

#include "actors/node.hpp"

#include "pactor/codec.hpp"

#include <algorithm>
#include <utility>

namespace pactor {

using transport::frame_kind;
using wire::record;

void node_state::link_down(const std::string& reason) {
  if (departs_for_) return end(departs_for_->code(), departs_for_->what());
  if (numbers_.empty() || !out_.lost) return end(ec::not_connected, reason);
  if (ended_ || !std::exchange(welcomed_, false)) {
    if (!ended_) out_.lost(reason);
    return;
  }
  for (const auto balanced : {false, true}) ledger(balanced).mute();
  flush(); // what had not left is kept
  services_->senders.link_down(controller_);
  // Tasks that are not wholly here never started: their clients hand them in again, with what stands behind them.
  if (out_.cut)
    for (std::size_t i = 0; i < numbers_.size(); ++i) out_.cut(i);
  while (!arrivals_.empty()) finish_arrival(arrivals_.begin()->first, false);
  for (const auto& [from, a] : std::exchange(shared_, {})) services_->lanes->forget(from.first, from.second);
  out_.lost(reason);
}

void node_state::welcome_back(const welcome_node& w) {
  services_->direct->relink(controller_);
  services_->balanced->relink(controller_);
  // What ended meanwhile and had not left is kept with the rest, so that the controller is told of it.
  services_->direct->send();
  services_->balanced->send();
  welcomed_ = true;
  if (w.engines != numbers_) return end(ec::engine_lost, "the numbers of its engines went to others");
  if (w.incarnation == incarnation_) {
    // The controller lives: it took this node for dead, and others have its tasks.
    for (std::size_t i = 0; i < numbers_.size(); ++i) out_.disown(i);
    services_->large.clear();
    note_replacement();
    for (const auto balanced : {false, true})
      for (const auto& k : ledger(balanced).resume()) take_back_results(k);
  }
  if (w.incarnation > 0)
    for (const auto balanced : {false, true}) tell_held(balanced, services_->now() < replaces_until_);
  incarnation_ = w.incarnation;
  for (std::size_t i = 0; i < numbers_.size(); ++i) out_.announce(i);
  out_.welcomed(w.engines);
}

/// Results that went by a lane, and of which their clients will not hear.
void node_state::take_back_results(const core::outcome_ledger::kept& k) {
  if (!services_->lanes) return;
  std::size_t i = 0;
  wire::for_each_record(k.frame.data, k.frame.size, [&](const record& r, const char*) {
    if (wire::is_output(r.kind) || (r.flags & wire::transferred) != 0 || i >= k.owners.size()) return;
    const auto& whose = k.owners[i++];
    if ((r.flags & wire::shared) != 0) services_->lanes->take_back(whose.client, r.transfer);
  });
}

/// Clients say within a second that they have an outcome; this is for slow ones.
void node_state::note_replacement() { replaces_until_ = services_->now() + std::chrono::minutes{1}; }

void node_state::tell_held(bool balanced, bool forgot) {
  held_tasks all;
  all.forgot = forgot || ledger(balanced).forgot();
  const auto add = [&all](const core::owner& whose, std::uint64_t id, int engine, bool runs) {
    all.tasks.push_back({whose.client, whose.number, id, engine, runs});
  };
  if (out_.held)
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      for (const auto& p : out_.held(i))
        if (p.task.directed != balanced) add(p.owner, p.task.id, numbers_[i], true);
  // The last end of a task counts: one that was lost here may have ended elsewhere since.
  const auto running = all.tasks.size();
  ledger(balanced).for_each([&](const detail::slice& frame, const std::vector<core::owner>& owners) {
    std::size_t i = 0;
    wire::for_each_record(frame.data, frame.size, [&](const record& r, const char*) {
      if (wire::is_output(r.kind) || (r.flags & wire::transferred) != 0 || i >= owners.size()) return;
      const auto& whose = owners[i++];
      // One that was taken back unstarted is the scheduler's again: if nobody else has it, it waits there.
      if (balanced && r.kind == static_cast<std::uint16_t>(wire::record_kind::lost) && (r.flags & wire::started) == 0)
        return;
      add(whose, r.id, r.engine, r.kind == static_cast<std::uint16_t>(wire::record_kind::result));
    });
  });
  std::reverse(all.tasks.begin() + static_cast<std::ptrdiff_t>(running), all.tasks.end());
  for (const auto& [transfer, l] : services_->large)
    if (l.directed != balanced) add(l.owner, l.record.id, l.record.engine, true);
  send_held(all, balanced ? std::uint16_t{transport::balanced} : std::uint16_t{0});
}

void node_state::send_held(const held_tasks& all, std::uint16_t flags) {
  constexpr std::size_t most = 100'000; // in one frame
  for (std::size_t at = 0;; at += most) {
    const auto left = all.tasks.size() - at;
    held_tasks part{{}, all.forgot, left <= most};
    const auto first = all.tasks.begin() + static_cast<std::ptrdiff_t>(at);
    part.tasks.assign(first, first + static_cast<std::ptrdiff_t>(std::min(left, most)));
    controller_->send(frame_kind::held, detail::slice{encode(part)}, 0, flags);
    if (part.last) return;
  }
}

/// The controller knows whose everything is: it may come.
void node_state::on_resume(bool balanced) {
  auto& kept = ledger(balanced);
  if (!kept.muted()) return;
  services_->said_alone = 0;
  auto& out = balanced ? *services_->balanced : *services_->direct;
  for (const auto& k : kept.resume()) {
    std::size_t i = 0;
    wire::for_each_record(k.frame.data, k.frame.size, [&](const record& r, const char* payload) {
      if (wire::is_output(r.kind)) {
        if (k.unsent) out.add(r, payload);
        return;
      }
      if ((r.flags & wire::transferred) != 0 || i >= k.owners.size()) return;
      out.add_outcome(r, payload, k.owners[i++]);
    });
  }
  out.send();
  std::map<std::uint64_t, node_services::large_result> others;
  for (auto& [transfer, l] : std::exchange(services_->large, {})) {
    if (l.directed == balanced) {
      others.emplace(transfer, std::move(l));
      continue;
    }
    l.record.transfer = ++services_->transfers;
    const std::uint64_t size = l.payload.size;
    out.add(l.record, &size);
    out.send(); // before its pieces
    const auto flags = transport::upward | (balanced ? transport::balanced : 0);
    services_->senders.start(controller_, l.record.transfer, static_cast<std::uint16_t>(flags), l.payload);
    others.emplace(l.record.transfer, std::move(l));
  }
  services_->large = std::move(others);
}

} // namespace pactor
