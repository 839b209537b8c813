#pragma once
// What executing C++ on an engine gives back.

#include "pactor/codec.hpp"

#include <filesystem>
#include <string>

namespace pactor {

/// How code is executed.
struct execute_options {
  std::string name = "px"; ///< what diagnostics call it: `px:3:7: error: ...`; 1 to 4096 bytes, no control characters
};

/// What code gave on one engine. The shell shows it as `Out[0:25]: 42`, with the engine's number and `count`.
struct executed {
  int count = 0;           ///< how many codes the engine's worker has executed, this one included
  bool has_result = false; ///< the code ended with an expression that has a value
  value result;            ///< that value; nil also if its type has no encoding
  std::string text;        ///< as it is shown; "" without a result
  std::string type;        ///< its C++ type; "" without a result

  MSGPACK_DEFINE_MAP(count, has_result, MSGPACK_NVP("value", result), text, type)
};

namespace detail {
/// @throws error{system}, error{too_large} from 1 MiB on
std::string read_code(const std::filesystem::path& file);
} // namespace detail

} // namespace pactor
