#pragma once
// "Did you mean ...?": the names that someone who typed a wrong one may have meant.

#include <string>
#include <string_view>
#include <vector>

namespace pactor::core {

/// The candidates that a person may have meant by `name`, best first, at most three, each once.
/// Counts inserted, deleted, changed and swapped neighbouring characters, without regard to case; about one in three
/// may differ. Candidates that contain `name` (of at least three characters) come after those.
[[nodiscard]] std::vector<std::string> near_names(std::string_view name, const std::vector<std::string>& candidates);

} // namespace pactor::core
