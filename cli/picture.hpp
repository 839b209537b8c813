#pragma once
// Pictures in terminals that can show them.

#include "cli/displayed.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli {

/// How a terminal takes pictures; both take PNG.
enum class picture_protocol { none, kitty, iterm };

/// What the terminal of this environment takes: kitty and Ghostty, iTerm2 and WezTerm. None inside tmux or screen.
/// @param variable of the environment; "" if it is not set
[[nodiscard]] picture_protocol protocol_of(const std::function<std::string(const char*)>& variable);
/// What is written to show a PNG. "" for `none`.
[[nodiscard]] std::string escape_picture(picture_protocol p, std::string_view png);
/// Shows those that are pictures, if standard output is such a terminal: PNG, and SVG if rsvg-convert is installed.
/// What can't be shown is not an error: it is saved.
void show_pictures(const std::vector<saved_item>& items);

} // namespace pactor::cli
