#pragma once
// A cache in a directory of its own, headers that compile fast, and a compiler that counts its calls.

#include "runtime/snippets/cache.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace pactor::test {

struct compiling {
  scratch_directory scratch;
  snippets::compile_settings settings;
  snippets::compiler_places places;

  explicit compiling(const std::string& real = "clang++") {
    std::filesystem::create_directories(scratch.path() / "include/pactor");
    const auto prelude =
        scratch.write("include/pactor/prelude.hpp", "#pragma once\n#include <vector>\nconstexpr int answer = 42;\n");
    // A file that may have changed while it was read never counts as current.
    std::filesystem::last_write_time(prelude, std::filesystem::file_time_type::clock::now() - std::chrono::hours{1});
    settings.cache = (scratch.path() / "cache").string();
    settings.compiler = counting(real);
    places = {PACTOR_TEST_WORKER, scratch.path() / "include", {}};
  }

  /// A compiler that writes a line for each time that it compiles a unit.
  [[nodiscard]] std::string counting(const std::string& real) const {
    return scratch
        .write("compiler",
               "#!/bin/sh\ncase \"$*\" in *snippet.cpp*) echo call >>" + (scratch.path() / "calls").string() +
                   ";; *header.*) echo call >>" + (scratch.path() / "headers").string() + ";; esac\nexec " + real +
                   " \"$@\"\n",
               0700)
        .string();
  }
  /// Another compiler in its place.
  void use_script(const std::string& lines) {
    settings.compiler = scratch.write("script", "#!/bin/sh\n" + lines, 0700).string();
  }
  [[nodiscard]] int count(const std::string& what) const {
    std::ifstream in{scratch.path() / what};
    int lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
  }
  [[nodiscard]] int calls() const { return count("calls"); }

  static void patient(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

  /// What the function `f` of this text returns, through a cache as a worker's.
  int run(const std::string& text) const {
    snippets::library_cache cache{settings, places};
    return run(cache, text);
  }
  static int run(snippets::library_cache& cache, const std::string& text) {
    auto made = cache.get(text, &patient);
    if (const auto* no = std::get_if<snippets::library_cache::rejected>(&made)) FAIL(no->output);
    return call(std::get<snippets::library_cache::library>(made).file);
  }
  static int call(const std::filesystem::path& library) {
    void* loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(loaded, ::dlerror());
    const auto result = reinterpret_cast<int (*)()>(::dlsym(loaded, "f"))();
    ::dlclose(loaded);
    return result;
  }
  [[nodiscard]] std::string rejection(const std::string& text) const {
    snippets::library_cache cache{settings, places};
    const auto made = cache.get(text, &patient);
    REQUIRE(std::holds_alternative<snippets::library_cache::rejected>(made));
    return std::get<snippets::library_cache::rejected>(made).output;
  }
  [[nodiscard]] std::pair<ec, std::string> failure(const std::string& text) const {
    return error_of([&] {
      snippets::library_cache cache{settings, places};
      static_cast<void>(cache.get(text, &patient));
    });
  }
  [[nodiscard]] std::filesystem::path library_of(const std::string& text) const {
    snippets::library_cache cache{settings, places};
    return std::get<snippets::library_cache::library>(cache.get(text, &patient)).file;
  }
};

/// A unit that the fixture's headers suffice for.
inline std::string unit(const std::string& expression, const std::string& before = {}) {
  return "#include \"pactor/prelude.hpp\"\n" + before + "\nextern \"C\" int f() { return " + expression + "; }\n";
}

} // namespace pactor::test
