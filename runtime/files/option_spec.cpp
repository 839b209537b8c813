#include "runtime/files/option_spec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace pactor::files {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + std::string{words[i]};
  return out;
}

/// A value in a complaint.
std::string shown(const json& value) {
  constexpr std::size_t longest = 60;
  auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest - 3) + "...";
  return text;
}

bool within(const json& value, const whole_option& k) {
  if (value.is_number_unsigned())
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::max<std::int64_t>(k.high, 0)) &&
           static_cast<std::int64_t>(value.get<std::uint64_t>()) >= k.low;
  return value.is_number_integer() && value.get<std::int64_t>() >= k.low && value.get<std::int64_t>() <= k.high;
}

/// The part of a key in front of its first dot.
std::string_view head_of(std::string_view key) { return key.substr(0, key.find('.')); }

/// Options of the object `name` in an object with these options: without that part of their keys.
std::vector<option_spec> members_of(std::span<const option_spec> known, std::string_view name) {
  std::vector<option_spec> members;
  for (const auto& o : known)
    if (o.key.size() > name.size() && o.key.starts_with(name) && o.key[name.size()] == '.')
      members.push_back({o.key.substr(name.size() + 1), o.help, o.kind});
  return members;
}

std::vector<std::string> names_in(std::span<const option_spec> known) {
  std::vector<std::string> names;
  for (const auto& o : known)
    if (names.empty() || names.back() != head_of(o.key)) names.emplace_back(head_of(o.key));
  return names;
}

ordered_json schema_of(const option_kind& kind) {
  return std::visit(
      overloaded{[](const flag_option&) {
                   return ordered_json{{"type", "boolean"}};
                 },
                 [](const whole_option& k) {
                   return ordered_json{{"type", "integer"}, {"minimum", k.low}, {"maximum", k.high}};
                 },
                 [](const text_option& k) {
                   ordered_json s{{"type", "string"}};
                   if (!k.may_be_empty) s["minLength"] = 1;
                   return s;
                 },
                 [](const word_option& k) {
                   return ordered_json{{"enum", std::vector<std::string>{k.words.begin(), k.words.end()}}};
                 },
                 [](const texts_option&) {
                   return ordered_json{{"type", "array"}, {"items", {{"type", "string"}, {"minLength", 1}}}};
                 },
                 [](const table_option&) {
                   return ordered_json{{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
                 },
                 [](const objects_option& k) {
                   return ordered_json{{"type", "array"}, {"items", schema_of(k.options)}};
                 }},
      kind);
}

} // namespace

void check_options(const json& object, std::span<const option_spec> known, const std::string& pointer,
                   const complain& tell) {
  const auto names = names_in(known);
  for (const auto& [key, value] : object.items()) {
    const auto at = pointer_to(key, pointer);
    const auto option = std::find_if(known.begin(), known.end(), [&key](const auto& o) { return o.key == key; });
    if (option != known.end() && key.find('.') == std::string::npos) {
      check_option(value, option->kind, at, tell);
      continue;
    }
    const auto members = members_of(known, key);
    if (members.empty())
      tell(at, unknown_key(key, names));
    else if (!value.is_object())
      tell(at, "must be an object, not " + shown(value));
    else
      check_options(value, members, at, tell);
  }
}

void check_option(const json& value, const option_kind& kind, const std::string& pointer, const complain& tell) {
  const auto must_be = [&](const std::string& what) { tell(pointer, "must be " + what + ", not " + shown(value)); };
  const auto is_name = [](const json& one) { return one.is_string() && !one.get_ref<const std::string&>().empty(); };
  std::visit(overloaded{[&](const flag_option&) {
                          if (!value.is_boolean()) must_be("true or false");
                        },
                        [&](const whole_option& k) {
                          if (!within(value, k))
                            must_be("a whole number from " + std::to_string(k.low) + " to " + std::to_string(k.high));
                        },
                        [&](const text_option& k) {
                          if (!value.is_string())
                            must_be("a string");
                          else if (!k.may_be_empty && value.get_ref<const std::string&>().empty())
                            tell(pointer, "must not be empty");
                        },
                        [&](const word_option& k) {
                          if (!value.is_string() ||
                              std::find(k.words.begin(), k.words.end(), value.get<std::string>()) == k.words.end())
                            must_be(listed(k.words));
                        },
                        [&](const texts_option&) {
                          if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_name))
                            must_be("a list of strings, none of them empty");
                        },
                        [&](const table_option&) {
                          const auto is_text = [](const json& one) { return one.is_string(); };
                          if (!value.is_object() || !std::all_of(value.begin(), value.end(), is_text))
                            must_be("an object whose values are strings");
                        },
                        [&](const objects_option& k) {
                          if (!value.is_array()) return must_be("a list of objects");
                          for (std::size_t i = 0; i < value.size(); ++i) {
                            const auto at = pointer + "/" + std::to_string(i);
                            if (value[i].is_object())
                              check_options(value[i], k.options, at, tell);
                            else
                              tell(at, "must be an object, not " + shown(value[i]));
                          }
                          if (k.also) k.also(value, pointer, tell);
                        }},
             kind);
}

json option_value(const std::string& text, const option_kind& kind) {
  if (std::holds_alternative<text_option>(kind) || std::holds_alternative<word_option>(kind)) return text;
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? json(text) : parsed;
}

ordered_json schema_of(std::span<const option_spec> known) {
  ordered_json properties = ordered_json::object();
  for (const auto& name : names_in(known)) {
    const auto members = members_of(known, name);
    if (!members.empty()) {
      properties[name] = schema_of(members);
      continue;
    }
    const auto option = std::find_if(known.begin(), known.end(), [&name](const auto& o) { return o.key == name; });
    auto property = schema_of(option->kind);
    property["description"] = option->help;
    properties[name] = std::move(property);
  }
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

} // namespace pactor::files
