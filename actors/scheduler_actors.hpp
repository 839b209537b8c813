#pragma once
// The actors around the two schedulers: thin, and broker actors in a running controller, because a hop to another
// thread costs more than all they do.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"

#include <caf/behavior.hpp>

#include <memory>

namespace pactor {

template <class Self>
caf::behavior direct_scheduler(Self* self) {
  auto state = std::make_shared<direct_scheduler_state>([self] { self->send(self, flush{}); });
  return {
      [state](const frame_in& f) { state->frame(f); },
      [state](const flush&) { state->flush(); },
      [state](const client_joined& c) { state->join(c); },
      [state](const node_joined& n) { state->join(n); },
      [state](const link_down& d) { state->link_down(d.which); },
  };
}

template <class Self>
caf::behavior task_scheduler(Self* self) {
  auto state = std::make_shared<task_scheduler_state>([self] { self->send(self, flush{}); });
  return {
      [state](const frame_in& f) { state->frame(f); },
      [state](const flush&) { state->flush(); },
      [state](const client_joined& c) { state->join(c); },
      [state](const node_joined& n) { state->join(n); },
      [state](const engine_available& e) { state->available(e); },
      [state](const count_unassigned&) { return static_cast<std::uint64_t>(state->waiting()); },
      [state](const link_down& d) { state->link_down(d.which); },
  };
}

} // namespace pactor
