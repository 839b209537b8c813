#pragma once

#include <cstddef>
#include <cstdint>

namespace pactor::core {

/// What one client may have open at a scheduler, tasks that have not ended.
struct open_limits {
  std::size_t tasks = 2'000'000;
  std::uint64_t bytes = std::uint64_t{4} << 30; ///< of their arguments
};

} // namespace pactor::core
