// A client that is cut off from a controller that lives: what it has open goes on, and waits for it for a while.

#include "actors/scheduler_base.hpp"

#include <algorithm>
#include <utility>

namespace pactor {

using transport::link_ptr;

void scheduler_base::add_outcome(client_entry& c, const wire::record& r, const void* payload) {
  c.out.add_outcome(r, payload, {c.number, r.id});
  if (c.unread->muted()) c.settled.insert(r.id);
}

/// A client has read so many frames.
void scheduler_base::acknowledged(const frame_in& f) {
  acknowledgements_.acknowledged(f.from.get(), f.header.aux);
  auto* c = sender_of(f);
  if (!c) return;
  c->unread->acknowledged(f.header.aux);
  std::erase_if(c->earlier, [&](const auto& e) {
    if (e.frames == 0 || f.header.aux < e.frames) return false;
    acknowledgements_.destination_gone(e.link.get());
    return true;
  });
}

/// From now on outcomes are kept only, and what has one is known to have.
void scheduler_base::keep_outcomes(client_entry& c) {
  c.unread->mute();
  c.out.send();
  c.settled.clear();
  c.unread->for_each([&](const detail::slice&, const std::vector<core::owner>& owners) {
    for (const auto& o : owners) c.settled.insert(o.number);
  });
}

/// @param results_lost something that was on its way there can't be sent again
void scheduler_base::client_down(client_entry& c, bool results_lost) {
  if (c.leaves || !absent_later_) return drop(c);
  recovery_.client_lost(c.number);
  c.absence = ++absences_;
  keep_outcomes(c);
  c.dropped = c.dropped || results_lost;
  const auto& link = *c.out.link();
  // As far as can be seen, it may have been killed: nothing more is begun for it.
  if (!link.fell_silent()) client_paused(c.number, true);
  absent_later_({c.number, c.absence}, link.fell_silent() ? absence_time : broken_time);
}

void scheduler_base::end_absence_of(const client_absent& a) {
  auto* c = client_of(a.client);
  if (!c || c->absence != a.absence) return;
  drop(*c);
  flush_soon();
}

/// Outcomes wait until the client has said that it can take them.
void scheduler_base::come_back(client_entry& c, const link_ptr& link) {
  by_link_.erase(c.out.link().get());
  if (!c.unread->muted()) { // the end of the other connection was not noticed
    recovery_.client_lost(c.number);
    keep_outcomes(c);
  }
  c.earlier.push_back({c.out.link(), 0});
  c.out.relink(link);
  by_link_[link.get()] = &c;
  c.absence = 0;
  c.leaves = false;
  c.returned = true;
  c.dropped = c.dropped || c.unread->forgot();
  client_paused(c.number, false);
  flush_soon();
}

void scheduler_base::send_unread(client_entry& c) {
  if (!c.unread->muted()) return;
  c.settled.clear();
  for (const auto& k : c.unread->resume()) {
    std::size_t i = 0;
    wire::for_each_record(k.frame.data, k.frame.size, [&](const wire::record& r, const char* payload) {
      if (wire::is_output(r.kind)) {
        if (k.unsent) c.out.add(r, payload);
        return;
      }
      if ((r.flags & wire::transferred) != 0 || i >= k.owners.size()) return;
      c.out.add_outcome(r, payload, k.owners[i++]);
    });
  }
  c.out.send();
  for (auto& e : c.earlier)
    if (e.frames == 0) e.frames = c.unread->left();
  std::erase_if(c.earlier, [this](const auto& e) { // it had everything
    if (e.frames > 0) return false;
    acknowledgements_.destination_gone(e.link.get());
    return true;
  });
}

bool scheduler_base::known_already(const client_entry& from, std::uint64_t number) {
  if (!from.returned) return false;
  if (from.settled.contains(number)) return true;
  const core::owner whose{from.number, number};
  if (!to_keep_) return has_task(whose);
  const auto key = history_->find(whose);
  const auto* e = key ? history_->at(*key) : nullptr;
  if (!e) return false;
  if (e->outcome)
    tell(whose, *e->outcome);
  else if (std::ranges::find(e->waiting, whose) == e->waiting.end())
    history_->wait(*key, whose);
  return true;
}

/// Nobody waits for what it had any more.
void scheduler_base::drop(client_entry& c) {
  const auto number = c.number;
  acknowledgements_.destination_gone(c.out.link().get());
  for (const auto& e : c.earlier) acknowledgements_.destination_gone(e.link.get());
  by_link_.erase(c.out.link().get());
  client_gone(number);
  history_->client_gone(number);
  ends_->log.client_gone(number);
  ends_->ended.forget(number); // the other scheduler hears of it next
  clients_.erase(number);
}

} // namespace pactor
