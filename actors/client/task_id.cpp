#include "pactor/task_id.hpp"

#include "pactor/error.hpp"

#include <array>
#include <charconv>

namespace pactor {

std::string to_string(const task_id& id) {
  const auto place = static_cast<std::uint32_t>(id.number);
  const auto use = static_cast<std::uint32_t>(id.number >> 32);
  auto text = std::to_string(id.client) + "." + std::to_string(place);
  return use == 0 ? text : text + "." + std::to_string(use);
}

task_id parse_task_id(std::string_view text) {
  std::array<std::uint32_t, 3> parts{};
  std::size_t count = 0;
  const auto* at = text.data();
  const auto* const end = at + text.size();
  for (bool sound = true; sound && count < parts.size();) {
    const auto [next, fault] = std::from_chars(at, end, parts[count++]);
    if (fault != std::errc{}) break;
    at = next;
    if (at == end && count >= 2) return {parts[0], std::uint64_t{parts[2]} << 32 | parts[1]};
    sound = at != end && *at++ == '.';
  }
  throw error{ec::invalid_argument, "\"" + std::string{text} + "\" is no task; tasks are named like 3.17"};
}

} // namespace pactor
