#pragma once
// The system's compiler: which one, what it is called with, and its precompiled header.

#include "runtime/snippets/cache_store.hpp"
#include "runtime/snippets/compiler_process.hpp"
#include "runtime/snippets/compiler_settings.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

class sha256;

/// Where parts of pactor lie.
struct compiler_places {
  std::filesystem::path guard;   ///< see compiler_call
  std::filesystem::path include; ///< the directory with pactor/prelude.hpp
  std::filesystem::path library; ///< the shared library that goes with it; "" is none
};

/// A compiler that was found.
struct toolchain {
  std::filesystem::path path; ///< as it was found in PATH, or configured
  bool clang = false;
  bool lld = false;
  std::string id; ///< changes when the compiler does
};

/// Searches PATH, or looks at the one path that is configured. @throws error{system} if there is none, with what to do
[[nodiscard]] std::filesystem::path find_compiler(const std::string& configured, std::string_view search_path);

class compiler {
public:
  /// @pre `store` lives as long as this
  compiler(compile_settings settings, compiler_places places, cache_store& store);

  /// What was found, found anew if it has changed. @throws error{system}, and what `wait` throws
  const toolchain& tools(const pause& wait);
  /// The precompiled header, made now if there is none. Nothing if it can't be made: then it goes without.
  /// @throws what `wait` throws
  std::optional<cache_store::found> header(const pause& wait);

  /// What a library depends on beside its text.
  [[nodiscard]] std::string identity(const std::optional<cache_store::found>& header) const;

  /// One translation unit that was compiled, or not.
  struct result {
    bool done = false;
    std::string output;               ///< what the compiler said
    std::vector<source_file> sources; ///< done: files that the text includes, but those of the system
    std::filesystem::path library;    ///< done: lies in the given directory
  };
  /// @param work  for the library and temporary files
  /// @throws error{system} if the compiler can't be run or took too long, and what `wait` throws
  result compile(std::string_view text, const work_directory& work, const std::optional<cache_store::found>& header,
                 const pause& wait);

private:
  /// @throws error{system} if a part of pactor is not where it belongs
  void require_places() const;
  [[nodiscard]] std::vector<std::string> common_arguments() const;
  void add_surroundings(sha256& hash) const;
  compiler_outcome run(std::vector<std::string> arguments, const std::filesystem::path& place, const pause& wait) const;
  std::optional<cache_store::found> make_header(const std::string& key, const pause& wait);

  compile_settings settings_;
  compiler_places places_;
  cache_store& store_;
  std::optional<toolchain> tools_;
  source_file seen_;            ///< the compiler, when tools_ was made
  std::string header_key_;      ///< of the header that header() gave last
  std::string unusable_header_; ///< the key of a header that could not be made, or used
};

} // namespace pactor::snippets
