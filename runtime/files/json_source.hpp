#pragma once
// JSON from a file that people edit: comments are allowed, and everything in it has a place.

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pactor::files {

class json_source {
public:
  /// @param name  of the file, for messages
  /// @throws error{configuration} `file:line:column: ...` for text that is no JSON object
  json_source(std::string name, std::string text);
  json_source(json_source&&) noexcept;
  json_source& operator=(json_source&&) noexcept;
  ~json_source();

  [[nodiscard]] const nlohmann::json& value() const { return *value_; }
  /// `file:line:column` of a member's key or an element, by its JSON pointer ("/hosts/0/engines"); of what it would
  /// stand in if there is no such thing.
  [[nodiscard]] std::string where(std::string_view pointer) const;
  /// The same as the count of bytes in front of it.
  [[nodiscard]] std::size_t offset(std::string_view pointer) const;
  /// Keys that stand twice in an object, each as a whole message.
  [[nodiscard]] const std::vector<std::string>& repeated() const noexcept { return repeated_; }

private:
  class walker;
  [[nodiscard]] std::string place(std::size_t offset) const;

  std::string name_, text_;
  std::unique_ptr<nlohmann::json> value_;
  std::unordered_map<std::string, std::size_t> offsets_; ///< by pointer
  std::vector<std::string> repeated_;
};

/// A JSON pointer to a member of what `parent` points at.
[[nodiscard]] std::string pointer_to(std::string_view key, std::string_view parent = "");
/// `unknown key "prot"; did you mean "port"?`, or all that are known.
[[nodiscard]] std::string unknown_key(std::string_view key, const std::vector<std::string>& known);

} // namespace pactor::files
