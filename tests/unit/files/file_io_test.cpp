#include "runtime/files/file_io.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <atomic>
#include <thread>

using namespace pactor;
using namespace pactor::test;

TEST_CASE("a replaced file has its new content and only the permissions asked for") {
  const scratch_directory scratch;
  const auto file = scratch.write("f", "old", 0666);
  files::replace_file(file, "new");
  CHECK(files::read_file(file) == "new");
  CHECK(mode_of(file) == 0600);
  files::replace_file(file, "public", 0644);
  CHECK(mode_of(file) == 0644);
}

TEST_CASE("replacing leaves nothing else in the directory") {
  const scratch_directory scratch;
  files::replace_file(scratch.path() / "f", "x");
  // The name is taken by a directory: the rename fails.
  std::filesystem::create_directories(scratch.path() / "d" / "inside");
  CHECK(error_of([&] { files::replace_file(scratch.path() / "d", "x"); }).first == ec::system);
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{scratch.path()}) ++entries;
  CHECK(entries == 2);
}

TEST_CASE("a reader never sees a part of a file that is replaced") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "f";
  const std::string a(100'000, 'a');
  const std::string b(50'000, 'b');
  files::replace_file(file, a);
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (int i = 0; i < 30; ++i) files::replace_file(file, i % 2 == 0 ? b : a);
    stop = true;
  }};
  bool whole = true;
  while (!stop) {
    const auto seen = files::read_file(file);
    whole = whole && (seen == a || seen == b);
  }
  writer.join();
  CHECK(whole);
}

TEST_CASE("a directory that can't be written is named with the reason") {
  const auto [code, what] = error_of([] { files::replace_file("/nonexistent/dir/f", "x"); });
  CHECK(code == ec::system);
  CHECK(contains(what, "/nonexistent/dir"));
  CHECK(contains(what, "No such file or directory"));
}

TEST_CASE("a private file that others may access is refused") {
  const scratch_directory scratch;
  for (const mode_t mode : {0640, 0604, 0660, 0602}) {
    const auto file = scratch.write("f", "secret", mode);
    const auto [code, what] = error_of([&] { return files::read_private_file(file); });
    CHECK(code == ec::configuration);
    CHECK(contains(what, "chmod 600 " + file.string()));
  }
  CHECK(files::read_private_file(scratch.write("f", "secret", 0600)) == "secret");
  CHECK(files::read_private_file(scratch.write("f", "secret", 0400)) == "secret");
}

TEST_CASE("a private file of another user is refused" * doctest::skip(::geteuid() != 0)) {
  const scratch_directory scratch;
  const auto file = scratch.write("f", "x");
  REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  const auto [code, what] = error_of([&] { return files::read_private_file(file); });
  CHECK(code == ec::configuration);
  CHECK(contains(what, "12345"));
}

TEST_CASE("a private file must be a regular one") {
  const scratch_directory scratch;
  CHECK(error_of([&] { return files::read_private_file(scratch.path()); }).first == ec::configuration);
}

TEST_CASE("private directories are made with their parents, and closed if they were open") {
  const scratch_directory scratch;
  files::make_private_directory(scratch.path() / "a" / "b");
  CHECK(mode_of(scratch.path() / "a") == 0700);
  CHECK(mode_of(scratch.path() / "a" / "b") == 0700);
  std::filesystem::permissions(scratch.path() / "a" / "b", std::filesystem::perms::all);
  files::make_private_directory(scratch.path() / "a" / "b");
  CHECK(mode_of(scratch.path() / "a" / "b") == 0700);
  const auto file = scratch.write("f", "");
  CHECK(contains(error_of([&] { files::make_private_directory(file); }).second, "no directory"));
}

TEST_CASE("removing a file that is not there is fine") {
  const scratch_directory scratch;
  const auto file = scratch.write("f", "");
  files::remove_file(file);
  files::remove_file(file);
  CHECK_FALSE(files::file_exists(file));
}
