#pragma once
// Text without what stands around it.

#include <string_view>

namespace pactor::core {

/// Without blanks and tabs at both ends.
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

} // namespace pactor::core
