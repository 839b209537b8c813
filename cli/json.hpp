#pragma once
// Values as the command line writes and reads them: JSON.

#include "pactor/value.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pactor::cli {

/// Objects keep the order of their keys.
using json = nlohmann::ordered_json;

/// Arrays become (nested) lists, raw bytes `{"base64": "..."}`, keys that are no strings their JSON text; numbers that
/// JSON lacks become the strings "nan", "inf" and "-inf".
[[nodiscard]] json to_json(const value& v);
/// Lists of numbers become one numeric array, of int64 or double.
[[nodiscard]] value from_json(const json& j);

/// One argument as written: a range (`0:7`, `0:7:2`, as in Python; a list of integers), JSON, or else a string.
/// @throws error{invalid_argument} for a range with step 0 or of more than 2^27 elements
[[nodiscard]] value parse_argument(std::string_view word);

[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

/// JSON on one line; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_line(const json& j);

} // namespace pactor::cli
