#pragma once
// What may stand in a configuration: the options of an object, each with what it takes.

#include "runtime/files/json_source.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace pactor::files {

struct flag_option {};
struct whole_option {
  std::int64_t low = 0, high = std::numeric_limits<std::int64_t>::max();
};
struct text_option {
  bool may_be_empty = true;
};
struct word_option {
  std::span<const std::string_view> words;
};
struct texts_option {}; ///< a list of strings, none of them empty
struct table_option {}; ///< an object whose values are strings
struct option_spec;
/// Says what is wrong with a value: its pointer, and `must be ...`.
using complain = std::function<void(const std::string& pointer, const std::string& complaint)>;
struct objects_option { ///< a list of objects
  std::span<const option_spec> options;
  /// Tells what is wrong with the list beyond that; nullptr: nothing more can be. The values may have any type.
  void (*also)(const nlohmann::json& list, const std::string& pointer, const complain& tell) = nullptr;
};

using option_kind =
    std::variant<flag_option, whole_option, text_option, word_option, texts_option, table_option, objects_option>;

struct option_spec {
  std::string_view key; ///< dots lead into objects: "execute.compiler"
  std::string_view help;
  option_kind kind;
};

/// Tells everything in `object` that is not one of `known`, or not what that takes.
void check_options(const nlohmann::json& object, std::span<const option_spec> known, const std::string& pointer,
                   const complain& tell);
/// The same of one value.
void check_option(const nlohmann::json& value, const option_kind& kind, const std::string& pointer,
                  const complain& tell);
/// A value as people write it outside of files, where a string needs no quotes: "4", "error", "[1]".
[[nodiscard]] nlohmann::json option_value(const std::string& text, const option_kind& kind);
/// JSON schema (draft 7) of an object with these options.
[[nodiscard]] nlohmann::ordered_json schema_of(std::span<const option_spec> known);

} // namespace pactor::files
