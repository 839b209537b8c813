#pragma once
// How code is compiled.

#include <cstdint>
#include <string>
#include <vector>

namespace pactor::snippets {

/// As the configuration's part named execute says.
struct compile_settings {
  bool enabled = true;
  std::string compiler;           ///< a name in PATH or a path; "" is clang++ if there is one, else g++
  std::vector<std::string> flags; ///< added to pactor's own
  std::string cache;              ///< directory for what was compiled
  std::uint64_t cache_bytes = std::uint64_t{512} << 20;

  friend bool operator==(const compile_settings&, const compile_settings&) = default;
};

} // namespace pactor::snippets
