#pragma once
// Who restarts whom, and how often: OTP's words in one table.

#include "runtime/core/restart_policy.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pactor::core {

/// What happens to a supervisor's other children when one dies.
enum class strategy : std::uint8_t {
  one_for_one, ///< nothing
  all_for_one, ///< they end with it, and start again together
};

struct supervision {
  std::string_view child, supervisor;
  pactor::core::strategy strategy;
  std::size_t intensity; ///< more deaths than these within the period are too many
  std::chrono::seconds period;

  [[nodiscard]] constexpr restart_policy::limits limits() const { return {intensity, period, {}}; }
};

/// When it is too much, a supervisor gives up: the launcher the whole cluster, a node that one engine. How often that
/// is the configuration says, for all of them (files::supervision_config); the worker's row is its default.
inline constexpr std::array supervision_table{
    supervision{"controller", "launcher", strategy::one_for_one, 5, std::chrono::seconds{60}},
    supervision{"node", "launcher", strategy::one_for_one, 5, std::chrono::seconds{60}},
    supervision{"rank", "launcher", strategy::all_for_one, 5, std::chrono::seconds{60}}, // mpiexec ends the others
    supervision{"worker", "engine", strategy::one_for_one, 5, std::chrono::seconds{60}},
};

/// @pre there is such a child
constexpr const supervision& supervision_of(std::string_view child) {
  std::size_t i = 0;
  while (supervision_table[i].child != child) ++i;
  return supervision_table[i];
}

} // namespace pactor::core
