#pragma once
// The words of a command, as they are typed into `pactor shell`.

#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli::shell {

/// Divides a line at its blanks. Quotes and backslashes work as in sh. What stands in brackets, `[1, 2]` or
/// `{"x": 1.5}`, is one word with all its blanks and quotes, so that JSON needs no quotes around it.
/// @throws error{invalid_argument} for a quote or bracket without its end
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

/// Takes the first word off a line, up to a blank; quotes mean nothing. What is left begins with no blank.
[[nodiscard]] std::string_view take_word(std::string_view& line);
/// Takes the first word off a line as split_words() reads it. What is left begins with no blank. @throws as that
[[nodiscard]] std::string take_quoted_word(std::string_view& line);
/// Without blanks at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

} // namespace pactor::cli::shell
