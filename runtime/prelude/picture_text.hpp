#pragma once
// Texts as they can stand in a picture, whatever bytes they come with.

#include <cstddef>
#include <string>
#include <string_view>

namespace pactor::prelude_library {

inline constexpr double letter_width = 7; ///< about, in pixels

/// How many bytes the UTF-8 character at this place has; 0 if it is none, or one that XML does not allow.
[[nodiscard]] std::size_t character_at(std::string_view text, std::size_t i);

/// With entities for what XML knows, spaces for lines and tabs, and a question mark for each byte that is no text.
[[nodiscard]] std::string escaped(std::string_view text);

/// Its letters, as escaped() leaves them.
[[nodiscard]] std::size_t letters(std::string_view text);
[[nodiscard]] double width_of(std::string_view text);

/// At most so many letters, the last one an ellipsis if some are missing. @pre most > 0
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

} // namespace pactor::prelude_library
