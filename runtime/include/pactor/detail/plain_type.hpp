#pragma once
// Names of types as their authors know them.

#include "pactor/detail/compiled.hpp"
#include "pactor/signature.hpp"

#include <cctype>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::detail {

/// Type names without what stands around the user's: `point`, not `px::t0123456789abcdef::point`.
PACTOR_INLINE std::string plain_type(std::string_view name);

/// The name of T in messages and results, the same with every compiler: `vector<double>`, `point`.
template <class T>
std::string type_title() {
  return plain_type(type_name<T>());
}

#ifdef PACTOR_BODIES
PACTOR_INLINE std::string plain_type(std::string_view name) {
  constexpr std::size_t tag = 17; // a letter and 16 digits
  const auto begins_with_tag = [](std::string_view rest) {
    return rest.size() > tag + 2 && rest[0] == 't' && rest.substr(tag, 2) == "::" &&
           rest.substr(1, tag - 1).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  std::string text;
  char before = ' ';
  for (std::size_t i = 0; i < name.size();) {
    const auto fresh = !std::isalnum(static_cast<unsigned char>(before)) && before != '_';
    if (fresh && before != ':' && name.substr(i).starts_with("px::")) {
      i += 4;
    } else if (fresh && begins_with_tag(name.substr(i))) {
      i += tag + 2;
    } else {
      text += before = name[i++];
      continue;
    }
    before = ' ';
  }
  constexpr std::pair<std::string_view, std::string_view> usual[] = {
      {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
      {"std::__cxx11::basic_string<char>", "std::string"},
      {"std::basic_string<char>", "std::string"},
      {"std::__cxx11::", "std::"}};
  for (const auto& [from, to] : usual)
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}
#endif

} // namespace pactor::detail
