#pragma once
// From a translation unit to its library, compiled once for all workers of a host.

#include "runtime/snippets/compiler.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pactor::snippets {

class library_cache {
public:
  library_cache(const compile_settings& settings, const compiler_places& places);
  library_cache(const library_cache&) = delete;
  library_cache& operator=(const library_cache&) = delete;

  struct library {
    std::filesystem::path file;
    std::vector<source_file> sources; ///< the user's files that are in it; it is old once one changed
  };
  struct rejected {
    std::string output; ///< what the compiler says is wrong with the text
  };

  /// The text's library: found, or compiled now, or compiled by another worker while this one waits.
  /// @throws error{system} for want of a compiler, of rights or of room, and what `wait` throws
  std::variant<library, rejected> get(std::string_view text, const pause& wait);

private:
  std::variant<library, rejected> compile(std::string_view text, const std::string& key,
                                          const std::optional<cache_store::found>& header, const pause& wait);

  cache_store store_;
  compiler compiler_;
};

} // namespace pactor::snippets
