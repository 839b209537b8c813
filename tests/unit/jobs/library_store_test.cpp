// Libraries by their content: on disk, and whether a host has what they need.

#include "tests/unit/jobs/test_jobs.hpp"

#include "runtime/jobs/library_store.hpp"
#include "runtime/jobs/requirements.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace pactor;
using jobs::library_name;
using jobs::library_store;
using test::error_text;
using test::has;
namespace fs = std::filesystem;

namespace {

struct store_fixture {
  fs::path path;
  store_fixture() {
    auto name = (fs::temp_directory_path() / "pactor-store-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~store_fixture() { fs::remove_all(path); }
  store_fixture(const store_fixture&) = delete;
  store_fixture& operator=(const store_fixture&) = delete;

  library_store store(std::uint64_t limit = 1 << 20) const { return {path / "cache" / "jobs", limit}; }
  std::size_t drafts() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{path / "cache/jobs/incoming"}, {}));
  }
};

library_name name_of(const std::string& content, const std::string& file = "libx.so") {
  jobs::content_hash hash;
  hash.add(content.data(), content.size());
  return {file, hash.hex(), content.size()};
}

jobs::stored_library put(const library_store& store, const std::string& content, const std::string& file = "libx.so") {
  auto in = store.receive(name_of(content, file));
  in.add(0, content.data(), content.size());
  return store.finish(std::move(in));
}

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

mode_t mode_of(const fs::path& file) {
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

} // namespace

TEST_SUITE_BEGIN("library store");

TEST_CASE_FIXTURE(store_fixture, "what came part by part is there under its content, for its user only") {
  const auto s = store();
  const std::string content = "the library";
  const auto name = name_of(content);
  CHECK_FALSE(s.find(name).has_value());
  auto in = s.receive(name);
  in.add(0, content.data(), 4);
  CHECK(in.size() == 4);
  in.add(4, content.data() + 4, content.size() - 4);
  CHECK(in.complete());
  const auto stored = s.finish(std::move(in));
  CHECK(stored.path == path / "cache/jobs" / name.hash / "libx.so");
  CHECK(text_of(stored.path) == content);
  CHECK(mode_of(stored.path) == 0500);
  CHECK(mode_of(stored.path.parent_path()) == 0700);
  CHECK(mode_of(path / "cache/jobs") == 0700);
  CHECK(drafts() == 0);
  CHECK(s.find(name)->path == stored.path);
}

TEST_CASE_FIXTURE(store_fixture, "what is not as announced is refused, and leaves nothing") {
  const auto s = store();
  const std::string content = "the library";
  const auto name = name_of(content);
  {
    auto in = s.receive(name);
    CHECK(has(error_text(ec::bad_payload, [&] { in.add(1, "x", 1); }), "does not belong there"));
    CHECK(has(error_text(ec::bad_payload, [&] { in.add(0, "longer than announced", 21); }), "does not belong there"));
    in.add(0, "The library", 11);
    CHECK(has(error_text(ec::bad_library, [&] { (void)s.finish(std::move(in)); }), "not what it was announced as"));
  }
  {
    auto in = s.receive(name);
    in.add(0, "the", 3);
    CHECK(has(error_text(ec::bad_library, [&] { (void)s.finish(std::move(in)); }), "not what it was announced as"));
  }
  CHECK(drafts() == 0);
  CHECK_FALSE(s.find(name).has_value());
}

TEST_CASE_FIXTURE(store_fixture, "what was damaged on the disk is not found again") {
  const auto s = store();
  const auto stored = put(s, "the library");
  fs::permissions(stored.path, fs::perms::owner_all);
  std::ofstream{stored.path} << "The library";
  CHECK_FALSE(s.find(name_of("the library")).has_value());
  CHECK_FALSE(fs::exists(stored.path));
}

TEST_CASE_FIXTURE(store_fixture, "the oldest that nobody holds makes room") {
  const auto s = store(30);
  {
    const auto held = put(s, "aaaaaaaaaa");
    CHECK(put(s, "bbbbbbbbbb").held.get() >= 0);
    fs::last_write_time(path / "cache/jobs" / name_of("bbbbbbbbbb").hash,
                        fs::file_time_type::clock::now() - std::chrono::hours{1});
    CHECK(put(s, "cccccccccc").held.get() >= 0);
    CHECK(put(s, "dddddddddd").held.get() >= 0);
    CHECK(s.find(name_of("aaaaaaaaaa")).has_value());
    CHECK_FALSE(s.find(name_of("bbbbbbbbbb")).has_value());
    CHECK(s.find(name_of("cccccccccc")).has_value());
  }
  const auto a = s.find(name_of("aaaaaaaaaa")), c = s.find(name_of("cccccccccc")), d = s.find(name_of("dddddddddd"));
  REQUIRE((a && c && d));
  const auto text = error_text(ec::system, [&] { (void)s.receive(name_of("eeeeeeeeee")); });
  CHECK(has(text, "no room for libx.so"));
  CHECK(has(text, "shipping.cache_mb"));
}

TEST_CASE("names that are none are refused") {
  const auto good = name_of("x");
  CHECK_FALSE(jobs::fault_of(good).has_value());
  for (const auto* file : {"", "x", "../x.so", "a/b.so", ".so", ".x.so", "a b.so", "x.so\n"})
    CHECK(jobs::fault_of({file, good.hash, 1}).has_value());
  for (const auto* hash : {"", "00", "..", "/etc/passwd"}) CHECK(jobs::fault_of({"libx.so", hash, 1}).has_value());
  CHECK(jobs::fault_of({"libx.so", std::string(64, 'A'), 1}).has_value());
  CHECK(jobs::fault_of({"libx.so", good.hash, 0}).has_value());
}

TEST_CASE("a file is named by its content") {
  CHECK(jobs::name_of_file(PACTOR_TEST_TYPES).file == "libtypes.so");
  CHECK(jobs::name_of_file(PACTOR_TEST_TYPES).hash == name_of(text_of(PACTOR_TEST_TYPES)).hash);
  CHECK(name_of("abc").hash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(has(error_text(ec::bad_library, [] { (void)jobs::name_of_file("/no/such/lib.so"); }), "there is no such file"));
  CHECK(has(error_text(ec::bad_library, [] { (void)jobs::name_of_file("/tmp"); }), "no regular file"));
}

TEST_CASE("what a library needs and the host does not have is said so that a person can act") {
  const auto says = [](const std::string& list) { return jobs::unmet_needs(list, "/cache/0a/libnum.so", "B"); };
  CHECK(says("\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n") == "");
  CHECK(says("\tlibfoo.so.3 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x2)\n\tlibbar.so.1 => not found\n") ==
        "needs libfoo.so.3, libbar.so.1, not found on host B");
  CHECK(says("/cache/0a/libnum.so: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by "
             "/cache/0a/libnum.so)\n")
            .starts_with("needs GLIBC_2.38 of libc.so.6, which host B does not have"));
  CHECK(says("/cache/0a/libnum.so: error while loading shared libraries: /cache/0a/libnum.so: failed to map segment")
            .starts_with("can't be loaded on host B: "));
}

TEST_CASE_FIXTURE(store_fixture, "a library is judged by what is in it and by what the host has") {
  const auto judge = [this](const fs::path& library) {
    return error_text(ec::bad_library, [&] { (void)jobs::inspect(library, "B", path); });
  };
  CHECK(jobs::inspect(PACTOR_TEST_TYPES, "B", path).size() == jobs::list_library(PACTOR_TEST_TYPES).size());
  CHECK(judge(PACTOR_TEST_NEEDY) == "libneedy.so needs libabsent.so.3, not found on host B");
  CHECK(has(judge(PACTOR_TEST_JOBLESS), "libjobless.so is no job library: it has no jobs"));
  CHECK(has(judge(PACTOR_TEST_NEWER_ABI), "built for job ABI 2 and this is job ABI 1"));
  CHECK(has(judge(PACTOR_TEST_NEWER_ABI), "(host B)"));
  auto other = text_of(PACTOR_TEST_TYPES);
  other[18] = static_cast<char>(183);
  std::ofstream{path / "libarm.so"} << other;
  CHECK(judge(path / "libarm.so") == "libarm.so is no job library: made for another machine: aarch64, and this one is "
                                     "x86_64 (host B)");
  ::unsetenv("PACTOR_TEST_TRACER_RAN"); // NOLINT(concurrency-mt-unsafe)
  CHECK(jobs::inspect(PACTOR_TEST_TRACER, "B", path).size() == 1);
  CHECK(std::getenv("PACTOR_TEST_TRACER_RAN") == nullptr); // NOLINT(concurrency-mt-unsafe)
}

TEST_SUITE_END();
