#include "actors/system.hpp"

#include <caf/atom.hpp>
#include <caf/io/middleman.hpp>

namespace pactor {

system_config::system_config() {
  load<caf::io::middleman>();
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{2});
  set("middleman.workers", std::size_t{0});
}

} // namespace pactor
