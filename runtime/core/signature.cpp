#include "runtime/core/signature.hpp"

#include "runtime/core/trim.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace pactor::core {
namespace {

using form = type_spec::form;

// Deeper types are taken for `any`: signatures come from job libraries, texts of arguments from users' values.
constexpr int deepest = 32;

int nesting(char c) {
  switch (c) {
  case '<':
  case '(':
  case '{':
  case '[':
    return 1;
  case '>':
  case ')':
  case '}':
  case ']':
    return -1;
  default:
    return 0;
  }
}

/// The comma-separated parts of a text, whatever brackets they contain; none of a blank text.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> result;
  if (trim(text).empty()) return result;
  int depth = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += nesting(text[i]);
    if (text[i] != ',' || depth != 0) continue;
    result.push_back(trim(text.substr(first, i - first)));
    first = i + 1;
  }
  result.push_back(trim(text.substr(first)));
  return result;
}

std::optional<form> plain_form(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, form>, 16> forms{{
      {"any", form::any},
      {"bool", form::boolean},
      {"string", form::text},
      {"bytes", form::bytes},
      {"void", form::nothing},
      {"nil", form::nil},
      {"float", form::floating},
      {"double", form::floating},
      {"int8", form::integer},
      {"int16", form::integer},
      {"int32", form::integer},
      {"int64", form::integer},
      {"uint8", form::integer},
      {"uint16", form::integer},
      {"uint32", form::integer},
      {"uint64", form::integer},
  }};
  const auto* const at = std::find_if(forms.begin(), forms.end(), [&](const auto& f) { return f.first == name; });
  return at == forms.end() ? std::nullopt : std::optional{at->second};
}

/// The form of `name<...>` with this many parts.
std::optional<form> template_form(std::string_view name, std::size_t parts) {
  if (name == "tuple") return form::tuple;
  if (name == "map" && parts == 2) return form::map;
  if (parts != 1) return std::nullopt;
  if (name == "optional") return form::optional;
  if (name == "vector" || name == "ndarray" || name == "span" || name == "array") return form::sequence;
  return std::nullopt;
}

type_spec parse(std::string_view text, int depth) {
  text = trim(text);
  type_spec result{form::user, std::string{text}};
  if (depth > deepest) return {form::any, std::string{text}};
  if (const auto plain = plain_form(text)) {
    result.is = *plain;
    return result;
  }
  const auto open = text.find('<');
  if (open == std::string_view::npos || text.back() != '>') return result;
  const auto parts = split(text.substr(open + 1, text.size() - open - 2));
  const auto known = template_form(text.substr(0, open), parts.size());
  if (!known) return result;
  result.is = *known;
  for (const auto part : parts) result.parts.push_back(parse(part, depth + 1));
  return result;
}

/// The text in the last pair of parentheses, and where it begins. @return nothing if the text does not end in one
std::optional<std::pair<std::size_t, std::string_view>> last_parentheses(std::string_view text) {
  if (text.empty() || text.back() != ')') return std::nullopt;
  int depth = 0;
  for (auto i = text.size(); i-- > 0;) {
    depth += nesting(text[i]);
    if (depth == 0 && text[i] == '(') return std::pair{i, text.substr(i + 1, text.size() - i - 2)};
  }
  return std::nullopt;
}

std::vector<type_spec> parse_all(std::string_view list) {
  std::vector<type_spec> result;
  for (const auto text : split(list)) result.push_back(parse(text, 0));
  return result;
}

bool all_accept(const type_spec& parameter, const std::vector<type_spec>& arguments) {
  return std::all_of(arguments.begin(), arguments.end(), [&](const auto& a) { return accepts(parameter, a); });
}

bool sequence_accepts(const type_spec& element, const type_spec& argument) {
  switch (argument.is) {
  case form::sequence:
  case form::tuple:
    return all_accept(element, argument.parts);
  case form::bytes:
    return element.is == form::integer; // of one byte
  default:
    return false;
  }
}

bool tuple_accepts(const std::vector<type_spec>& parts, const type_spec& argument) {
  if (argument.is == form::sequence) // of a length that only the value knows
    return std::all_of(parts.begin(), parts.end(), [&](const auto& p) { return accepts(p, argument.parts[0]); });
  if (argument.is == form::user) return true;
  return argument.is == form::tuple && argument.parts.size() == parts.size() &&
         std::equal(parts.begin(), parts.end(), argument.parts.begin(),
                    [](const auto& p, const auto& a) { return accepts(p, a); });
}

bool map_accepts(const std::vector<type_spec>& parts, const type_spec& argument) {
  if (argument.is == form::user) return true; // a struct with named members
  return argument.is == form::map && accepts(parts[0], argument.parts[0]) && accepts(parts[1], argument.parts[1]);
}

bool user_accepts(const type_spec& parameter, const type_spec& argument) {
  switch (argument.is) {
  case form::user:
    return parameter.name == argument.name;
  case form::map:
  case form::tuple:
  case form::sequence: // a struct
  case form::integer:  // an enum
    return true;
  default:
    return false;
  }
}

/// What one call of a map gets of a sequence. @return nothing if it is none
std::optional<std::vector<type_spec>> elements(const type_spec& argument) {
  switch (argument.is) {
  case form::any:
    return std::vector<type_spec>{{}};
  case form::sequence:
  case form::tuple:
    return argument.parts;
  case form::bytes:
    return std::vector<type_spec>{{form::integer, "uint8"}};
  case form::optional:
    return elements(argument.parts[0]);
  default:
    return std::nullopt;
  }
}

bool call_fits(const std::vector<type_spec>& parameters, const std::vector<type_spec>& arguments,
               wire::call_mode mode) {
  if (parameters.size() != arguments.size()) return false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (mode == wire::call_mode::apply) {
      if (!accepts(parameters[i], arguments[i])) return false;
      continue;
    }
    const auto each = elements(arguments[i]);
    if (!each || !all_accept(parameters[i], *each)) return false;
  }
  return true;
}

} // namespace

type_spec parse_type(std::string_view text) { return parse(text, 0); }

std::optional<signature> parse_signature(std::string_view text) {
  text = trim(text);
  const auto list = last_parentheses(text);
  if (!list) return std::nullopt;
  const auto result = trim(text.substr(0, list->first));
  if (result.empty()) return std::nullopt;
  return signature{parse(result, 0), parse_all(list->second)};
}

bool accepts(const type_spec& parameter, const type_spec& argument) {
  if (parameter.is == form::any || argument.is == form::any) return true;
  if (argument.is == form::optional && parameter.is != form::optional) return accepts(parameter, argument.parts[0]);
  switch (parameter.is) {
  case form::floating:
    return argument.is == form::floating || argument.is == form::integer;
  case form::bytes:
    return argument.is == form::bytes || sequence_accepts({form::integer, "uint8"}, argument);
  case form::sequence:
    return sequence_accepts(parameter.parts[0], argument);
  case form::tuple:
    return tuple_accepts(parameter.parts, argument);
  case form::map:
    return map_accepts(parameter.parts, argument);
  case form::optional: {
    const auto& given = argument.is == form::optional ? argument.parts[0] : argument;
    return given.is == form::nil || accepts(parameter.parts[0], given);
  }
  case form::user:
    return user_accepts(parameter, argument);
  default:
    return parameter.is == argument.is;
  }
}

bool accepts(std::string_view parameter, std::string_view argument) {
  return accepts(parse_type(parameter), parse_type(argument));
}

std::optional<std::string> check_call(std::string_view job, std::string_view signature, std::string_view arguments,
                                      wire::call_mode mode) {
  const auto taken = parse_signature(signature);
  const auto list = last_parentheses(trim(arguments));
  if (!taken || !list || list->first != 0) return std::nullopt;
  const auto given = parse_all(list->second);
  if (call_fits(taken->parameters, given, mode)) return std::nullopt;

  std::string what{job};
  what += " takes " + std::string{trim(signature)};
  what += mode == wire::call_mode::map ? ", was mapped over (" : ", was called with (";
  for (std::size_t i = 0; i < given.size(); ++i) what += (i > 0 ? ", " : "") + given[i].name;
  what += ")";
  if (mode == wire::call_mode::map)
    for (const auto& g : given)
      if (!elements(g)) return what + ": " + g.name + " is no sequence";
  return what;
}

} // namespace pactor::core
