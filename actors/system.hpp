#pragma once
// The actor system of every process of pactor: configured by code alone, never by files or arguments of others.

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace pactor {

/// Settings measured to be the fastest for broker actors that exchange many small messages: the sharing scheduler
/// has neither polling nor its tail latencies, and two threads are enough for the cooperative actors.
struct system_config : caf::actor_system_config {
  system_config();
};

} // namespace pactor
