#pragma once
// Which engines are meant by what a user wrote: `0`, `-1`, `1,3`, `::2`, `1:3`, `all`.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pactor::core {

struct every_engine {
  friend bool operator==(every_engine, every_engine) = default;
};

/// Positions in the ascending list of engines, with the meaning of Python's slices.
struct position_slice {
  std::optional<int> start{}, stop{};
  int step = 1;

  friend bool operator==(const position_slice&, const position_slice&) = default;
};

/// Engines by number; a negative one counts from the end of the ascending list of engines (-1: the last).
using engine_numbers = std::vector<int>;

using target_spec = std::variant<every_engine, engine_numbers, position_slice>;

/// @throws error{invalid_argument}, which quotes the text and names the forms
[[nodiscard]] target_spec parse_targets(std::string_view text);

/// The engines that `spec` means, in the order it names them.
/// @param engines  that are there, ascending
/// @throws no_engines if there are none, or a slice selects none
/// @throws error{invalid_argument} for an engine that is not there ("no engine 7: the engines are 0-3") or that is
/// named twice, and for a step of 0
[[nodiscard]] std::vector<int> resolve(const target_spec& spec, std::span<const int> engines);

/// `0-3, 7`; `none` if there are none.
/// @param engines  ascending
[[nodiscard]] std::string engine_list(std::span<const int> engines);

} // namespace pactor::core
