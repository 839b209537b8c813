#include "runtime/process/programs.hpp"

#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace pactor;
namespace fs = std::filesystem;

TEST_CASE("a program is found in the directories of a path, in their order") {
  const test::scratch_directory place;
  const auto bin = place.path() / "bin", more = place.path() / "more";
  for (const auto& directory : {bin, more}) fs::create_directories(directory);
  place.write("more/tool", "#!/bin/sh\n", 0700);
  place.write("bin/text", "");
  fs::create_directories(bin / "tool"); // may be entered, but is no program
  const auto path = "relative:" + bin.string() + "::" + more.string();
  CHECK(process::find_program("tool", path) == more / "tool");
  CHECK(process::find_program("text", path) == "");
  CHECK(process::find_program("nothing", path) == "");
  CHECK(process::find_program("tool", "") == "");
  fs::remove(bin / "tool");
  place.write("bin/tool", "#!/bin/sh\n", 0700);
  CHECK(process::find_program("tool", path) == bin / "tool");
}
