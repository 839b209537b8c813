#pragma once
// The name of a task, as people and commands use it.

#include <cstdint>
#include <string>
#include <string_view>

namespace pactor {

/// A task among all of a cluster since its start: the number of its client, and the client's number for it.
struct task_id {
  std::uint32_t client = 0;
  std::uint64_t number = 0; ///< see async_result::ids()

  friend bool operator==(const task_id&, const task_id&) = default;
  friend auto operator<=>(const task_id&, const task_id&) = default;
};

/// `3.17`: client 3, task 17; a number that the client has used before is told apart by a third part: `3.17.2`.
[[nodiscard]] std::string to_string(const task_id& id);
/// @throws error{invalid_argument}
[[nodiscard]] task_id parse_task_id(std::string_view text);

} // namespace pactor
