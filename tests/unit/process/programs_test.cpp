#include "runtime/process/programs.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace pactor;
namespace fs = std::filesystem;

TEST_CASE("a program is found in the directories of a path, in their order") {
  const test::temporary_directory place;
  const auto bin = place.path() / "bin", more = place.path() / "more";
  for (const auto& directory : {bin, more}) fs::create_directories(directory);
  const auto add = [](const fs::path& file) {
    test::write_file(file, "#!/bin/sh\n");
    fs::permissions(file, fs::perms::owner_all);
  };
  add(more / "tool");
  test::write_file(bin / "text", "");
  fs::create_directories(bin / "tool"); // may be entered, but is no program
  const auto path = "relative:" + bin.string() + "::" + more.string();
  CHECK(process::find_program("tool", path) == more / "tool");
  CHECK(process::find_program("text", path) == "");
  CHECK(process::find_program("nothing", path) == "");
  CHECK(process::find_program("tool", "") == "");
  fs::remove(bin / "tool");
  add(bin / "tool");
  CHECK(process::find_program("tool", path) == bin / "tool");
}
