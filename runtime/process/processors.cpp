#include "runtime/process/processors.hpp"

#include <algorithm>
#include <sched.h>
#include <thread>

namespace pactor::process {

unsigned usable_processors() noexcept {
  cpu_set_t mask;
  // Fails where the machine has more than fit into the mask.
  const auto n = ::sched_getaffinity(0, sizeof mask, &mask) == 0 ? static_cast<unsigned>(CPU_COUNT(&mask))
                                                                 : std::thread::hardware_concurrency();
  return std::max(1U, n);
}

} // namespace pactor::process
