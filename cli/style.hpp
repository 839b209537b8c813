#pragma once
// Emphasis, where there is a terminal and the user wants colour.

#include <string>
#include <string_view>

namespace pactor::cli {

enum class style { error, hint, number };

/// True if this descriptor is a terminal and NO_COLOR is not set.
[[nodiscard]] bool colour_wanted(int fd);
/// The text, in colour if `colour`.
[[nodiscard]] std::string styled(style how, std::string_view text, bool colour);
/// The same for standard error.
[[nodiscard]] std::string styled_error(style how, std::string_view text);

} // namespace pactor::cli
