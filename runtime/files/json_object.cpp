#include "runtime/files/json_object.hpp"

#include "pactor/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace pactor::files {

using nlohmann::json;

json_object::json_object(std::string file, std::string text) : source_{std::move(file), std::move(text)} {
  if (!source_.repeated().empty()) throw error{ec::configuration, source_.repeated().front()};
}

bool json_object::has(std::string_view key) const { return source_.value().contains(key); }

void json_object::allow_only(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : source_.value().items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw error{ec::configuration, source_.where(pointer_to(key)) + ": " + unknown_key(key, known)};
  }
}

std::string json_object::text(std::string_view key) const {
  const auto& value = at(key);
  if (!value.is_string()) reject(key, "must be a string, not " + std::string{value.type_name()});
  return value.get<std::string>();
}

std::vector<std::string> json_object::texts(std::string_view key) const {
  const auto& value = at(key);
  const auto is_text = [](const json& one) { return one.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) reject(key, "must be a list of strings");
  return value.get<std::vector<std::string>>();
}

std::int64_t json_object::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const auto& value = at(key);
  std::optional<std::int64_t> number;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX))
    number = static_cast<std::int64_t>(value.get<std::uint64_t>());
  else if (value.is_number_integer() && !value.is_number_unsigned())
    number = value.get<std::int64_t>();
  if (!number || *number < low || *number > high)
    reject(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ", not " +
                    value.dump());
  return *number;
}

void json_object::reject(std::string_view key, const std::string& complaint) const {
  throw error{ec::configuration, source_.where(pointer_to(key)) + ": \"" + std::string{key} + "\" " + complaint};
}

const json& json_object::at(std::string_view key) const {
  if (!has(key)) reject(key, "is missing");
  return source_.value().at(key);
}

} // namespace pactor::files
