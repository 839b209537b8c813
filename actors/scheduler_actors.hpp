#pragma once
// The actors around the two schedulers: thin, and broker actors in a running controller. Their state is also driven
// in place by the transport, in the same thread: for a frame that carries work, a mailbox between the socket and the
// scheduler would cost more than the scheduler itself. Everything else comes as messages.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"

#include <caf/behavior.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace pactor {

/// A scheduler's state, made before its actor so that the transport can drive it too.
template <class State>
struct driven {
  std::function<void()> flush_later = [] {}; ///< set by the actor
  State state{[this] { flush_later(); }};
};

template <class Self, class State>
void await_others(Self* self, State& state) {
  state.on_absent(
      [self](const client_absent& a, std::chrono::milliseconds delay) { self->delayed_send(self, delay, a); });
  state.on_untold([self] { self->delayed_send(self, std::chrono::seconds{1}, tell_taken{}); });
  if (!state.recovering()) return;
  self->delayed_send(self, recovery_time, recovery_over{});
  self->delayed_send(self, absence_time, absence_over{});
}

template <class Self>
caf::behavior direct_scheduler(Self* self, std::shared_ptr<driven<direct_scheduler_state>> driven_state =
                                               std::make_shared<driven<direct_scheduler_state>>()) {
  auto d = std::move(driven_state);
  d->flush_later = [self] { self->send(self, flush{}); };
  await_others(self, d->state);
  return {
      [d](const frame_in& f) { d->state.frame(f); },
      [d](const flush&) { d->state.flush(); },
      [d](const client_joined& c) { d->state.join(c); },
      [d](const node_joined& n) { d->state.join(n); },
      [d](const close_engines& c) { d->state.close(c); },
      [d](const count_left& c) { return d->state.left_for(c); },
      [d](const link_down& down) { d->state.link_down(down); },
      [d](const recovery_over&) { d->state.end_recovery(); },
      [d](const absence_over&) { d->state.end_absence(); },
      [d](const client_absent& a) { d->state.end_absence_of(a); },
      [d](const tell_taken&) { d->state.tell_nodes(); },
  };
}

template <class Self>
caf::behavior task_scheduler(Self* self, std::shared_ptr<driven<task_scheduler_state>> driven_state =
                                             std::make_shared<driven<task_scheduler_state>>()) {
  auto d = std::move(driven_state);
  d->flush_later = [self] { self->send(self, flush{}); };
  d->state.on_wake([self](std::chrono::nanoseconds delay) { self->delayed_send(self, delay, look_again{}); });
  await_others(self, d->state);
  return {
      [d](const frame_in& f) { d->state.frame(f); },
      [d](const flush&) { d->state.flush(); },
      [d](const look_again&) { d->state.look_again(); },
      [d](const client_joined& c) { d->state.join(c); },
      [d](const node_joined& n) { d->state.join(n); },
      [d](const engine_available& e) { d->state.available(e); },
      [d](const drain_engines& e) { d->state.drain(e); },
      [d](const count_left& c) { return d->state.left_for(c); },
      [d](const count_unassigned&) { return static_cast<std::uint64_t>(d->state.waiting()); },
      [d](const link_down& down) { d->state.link_down(down); },
      [d](const recovery_over&) { d->state.end_recovery(); },
      [d](const absence_over&) { d->state.end_absence(); },
      [d](const client_absent& a) { d->state.end_absence_of(a); },
      [d](const tell_taken&) { d->state.tell_nodes(); },
  };
}

} // namespace pactor
