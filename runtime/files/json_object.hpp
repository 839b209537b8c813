#pragma once
// A JSON object from a file that people edit: comments allowed, and every complaint says where.

#include "runtime/files/json_source.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

/// The top level of a JSON file. All errors are error{configuration} and start with `file:line:column: `.
class json_object {
public:
  /// @throws error{configuration} for text that is no JSON object, or a key that stands there twice
  json_object(std::string file, std::string text);

  [[nodiscard]] bool has(std::string_view key) const;
  /// @throws error{configuration} naming an unknown key and the nearest of `known`
  void allow_only(const std::vector<std::string>& known) const;

  /// Each throws error{configuration} if the key is missing or its value has another type.
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// A whole number from `low` to `high`.
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) const;

  /// Throws error{configuration}: `file:line:column: "key" complaint`.
  [[noreturn]] void reject(std::string_view key, const std::string& complaint) const;

private:
  [[nodiscard]] const nlohmann::json& at(std::string_view key) const;

  json_source source_;
};

} // namespace pactor::files
