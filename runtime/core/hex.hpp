#pragma once
// Bytes as text.

#include <span>
#include <string>
#include <string_view>

namespace pactor::core {

/// Two hexadecimal digits a byte, in lower case.
inline std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

} // namespace pactor::core
