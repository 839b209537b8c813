#include "runtime/prelude/picture_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace pactor::prelude_library {

namespace {

/// The place behind the character, or the byte, that stands here.
std::size_t next(std::string_view text, std::size_t i) { return i + std::max<std::size_t>(character_at(text, i), 1); }

bool is_allowed(std::uint32_t code, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000}; // fewer bytes would do below
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code >= least[size] && code <= 0x10ffff && !surrogate && code != 0xfffe && code != 0xffff;
}

} // namespace

std::size_t character_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) -> std::uint32_t {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0;
  };
  const auto first = byte(i);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first < 0xc0 || first >= 0xf8) return 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  auto code = first & (0x7fU >> size);
  for (std::size_t k = 1; k < size; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i + k) & 0x3f);
  }
  return is_allowed(code, size) ? size : 0;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i = next(text, i)) {
    const auto c = text[i];
    if (character_at(text, i) == 0)
      out += c == '\n' || c == '\t' ? " " : "?";
    else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += text.substr(i, next(text, i) - i);
  }
  return out;
}

std::size_t letters(std::string_view text) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); i = next(text, i)) ++n;
  return n;
}

double width_of(std::string_view text) { return letter_width * static_cast<double>(letters(text)); }

std::string shortened(std::string_view text, std::size_t most) {
  if (letters(text) <= most) return std::string{text};
  std::size_t end = 0;
  for (std::size_t n = 1; n < most; ++n) end = next(text, end);
  return std::string{text.substr(0, end)} + "…";
}

} // namespace pactor::prelude_library
