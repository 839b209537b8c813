#pragma once
// What profiles, clusters and certificates may be called.

#include <string_view>

namespace pactor::files {

/// Letters, digits, `.`, `_` and `-`, no `.` or `-` in front, at most 40 characters.
/// @param what  for the message @throws error{configuration}
void check_name(std::string_view what, std::string_view name);

} // namespace pactor::files
