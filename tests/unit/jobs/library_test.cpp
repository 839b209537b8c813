// What a library's file says of its jobs, what is refused, and where jobs are found.

#include "tests/unit/jobs/test_jobs.hpp"

#include "runtime/jobs/library.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <unistd.h>

using namespace pactor;
using test::error_text;
using test::has;
namespace fs = std::filesystem;

namespace {

/// A directory for one test.
class scratch {
public:
  scratch() {
    auto name = (fs::temp_directory_path() / "pactor-jobs-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch() { fs::remove_all(path); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  fs::path write(const std::string& name, const std::string& content) const {
    std::ofstream{path / name, std::ios::binary} << content;
    return path / name;
  }
  fs::path path;
};

std::string content_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string refusal(const fs::path& path) {
  return error_text(ec::bad_library, [&] { static_cast<void>(jobs::list_library(path)); });
}

} // namespace

TEST_CASE("a library's jobs are listed with signatures") {
  const auto all = jobs::list_library(PACTOR_TEST_TYPES);
  const auto find = [&all](std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(), [name](const job_info& j) { return j.name == name; });
    return found == all.end() ? job_info{} : *found;
  };
  CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  CHECK(find("stats.sum") == job_info{"stats.sum", "double(span<double>)", "libtypes.so"});
  CHECK(find("count_up").signature == "int64()");
  CHECK(find("root").signature == "optional<double>(optional<double>)");
  CHECK(find("mirror").signature == "types::point(types::point)");
  CHECK(find("sum").name.empty());
}

TEST_CASE("listing runs nothing of the library") {
  ::unsetenv("PACTOR_TEST_TRACER_RAN"); // NOLINT(concurrency-mt-unsafe)
  CHECK(jobs::list_library(PACTOR_TEST_TRACER).size() == 1);
  CHECK(std::getenv("PACTOR_TEST_TRACER_RAN") == nullptr); // NOLINT(concurrency-mt-unsafe)
  // The proof that it would have been seen.
  test::local_engine engine{{PACTOR_TEST_TRACER}};
  CHECK(engine.call("traced").result<int>() == 1);
  CHECK(std::getenv("PACTOR_TEST_TRACER_RAN") != nullptr); // NOLINT(concurrency-mt-unsafe)
}

TEST_CASE("a stripped library lists as well") {
  const scratch dir;
  const auto copy = dir.path / "libtypes.so";
  fs::copy_file(PACTOR_TEST_TYPES, copy);
  const auto command = "strip " + copy.string();
  if (std::system(command.c_str()) != 0) return; // NOLINT(concurrency-mt-unsafe): no strip on this machine
  CHECK(jobs::list_library(copy) == jobs::list_library(PACTOR_TEST_TYPES));
}

TEST_CASE("what is no job library is refused with the reason") {
  const scratch dir;
  CHECK(has(refusal(dir.path / "libnone.so"), "there is no such file"));
  CHECK(has(refusal(dir.path), "no regular file"));
  CHECK(has(refusal(dir.write("libempty.so", "")), "no ELF file"));
  CHECK(has(refusal(dir.write("libtext.so", "#!/bin/sh\necho this is no library, but long enough\n")), "no ELF file"));
  CHECK(has(refusal("/proc/self/exe"), "has no jobs") != has(refusal("/proc/self/exe"), "no shared library"));
  CHECK(has(refusal(PACTOR_TEST_JOBLESS), "it has no jobs"));
  CHECK(has(refusal(PACTOR_TEST_NEWER_ABI), "built for job ABI 2 and this is job ABI 1"));

  auto other = content_of(PACTOR_TEST_TYPES);
  other[18] = 40; // the machine: 32-bit ARM
  CHECK(has(refusal(dir.write("libarm.so", other)), "another machine: arm, and"));
  other = content_of(PACTOR_TEST_TYPES);
  other[4] = 1;
  CHECK(has(refusal(dir.write("lib32.so", other)), "not 64-bit"));
  other = content_of(PACTOR_TEST_TYPES);
  other[16] = 1; // an object file
  CHECK(has(refusal(dir.write("libobject.so", other)), "no shared library"));
}

TEST_CASE("a library that is cut short is refused wherever it is cut") {
  const scratch dir;
  const auto whole = content_of(PACTOR_TEST_OTHERS);
  for (std::size_t size = 1; size < whole.size(); size += whole.size() / 97 + 1)
    CHECK(refusal(dir.write("libcut.so", whole.substr(0, size))) != "no error");
}

TEST_CASE("a damaged library is listed or refused, never anything else") {
  const scratch dir;
  const auto whole = content_of(PACTOR_TEST_OTHERS);
  std::mt19937 random{11}; // NOLINT(cert-msc51-cpp): the same damage every time
  std::uniform_int_distribution<std::size_t> headers{0, 63}, sections{whole.size() - 2500, whole.size() - 1};
  std::uniform_int_distribution<int> byte{0, 255};
  for (int round = 0; round < 300; ++round) {
    auto damaged = whole;
    for (int i = 0; i < 8; ++i)
      damaged[round % 2 == 0 ? headers(random) : sections(random)] = static_cast<char>(byte(random));
    const auto path = dir.write("libdamaged.so", damaged);
    try {
      static_cast<void>(jobs::list_library(path));
    } catch (const error& e) {
      CHECK(e.code() == ec::bad_library);
    }
  }
}

TEST_CASE("libraries are found in the directories that exist, each once") {
  const scratch dir;
  dir.write("libb.so", "");
  dir.write("liba.so", "");
  dir.write("notes.txt", "");
  fs::create_directory(dir.path / "dir.so");
  const std::vector<fs::path> where{dir.path / "none", dir.path, dir.path / "."};
  const auto found = jobs::find_libraries(where);
  REQUIRE(found.size() == 2);
  CHECK(found[0].filename() == "liba.so");
  CHECK(found[1].filename() == "libb.so");
  CHECK(jobs::library_stem("/x/libstats.so") == "stats");
  CHECK(jobs::library_stem("plain.so") == "plain");
}

TEST_CASE("a name that two libraries define has to say which") {
  jobs::catalogue c;
  c.add(PACTOR_TEST_TYPES);
  c.add(PACTOR_TEST_OTHERS);
  c.add(PACTOR_TEST_OTHERS);
  const auto text = error_text(ec::bad_library, [&] { static_cast<void>(c.find("distance")); });
  CHECK(has(text, "libtypes.so and "));
  CHECK(has(text, "say types/distance or others/distance"));
  REQUIRE(c.find("others/distance"));
  CHECK(c.find("others/distance")->info.library == "libothers.so");
  CHECK(c.find("types/distance")->info.library == "libtypes.so");
  CHECK(c.find("faults/distance") == nullptr);
  CHECK(c.find("count")->info.library == "libothers.so");
  CHECK(c.find("nowhere") == nullptr);
  CHECK(c.jobs().size() ==
        jobs::list_library(PACTOR_TEST_TYPES).size() + jobs::list_library(PACTOR_TEST_OTHERS).size());
}

TEST_CASE("of two builds of one library the later one counts") {
  const scratch dir;
  const auto rebuilt = dir.path / "libothers.so";
  fs::copy_file(PACTOR_TEST_OTHERS, rebuilt);
  jobs::catalogue c;
  c.add(PACTOR_TEST_OTHERS);
  c.add(rebuilt);
  CHECK(c.find("count")->path == rebuilt);
  CHECK(c.find("others/count")->path == rebuilt);
}

TEST_CASE("a build takes the place of the others wholly, also one that was there before; and can be taken out") {
  const scratch dir;
  fs::create_directory(dir.path / "old");
  const auto old = dir.path / "old" / "libothers.so", rebuilt = dir.path / "libothers.so";
  fs::copy_file(PACTOR_TEST_TYPES, old); // with other jobs
  fs::copy_file(PACTOR_TEST_OTHERS, rebuilt);
  jobs::catalogue c;
  c.add(old);
  REQUIRE(c.find("stats.sum"));
  c.add(rebuilt);
  CHECK(c.find("stats.sum") == nullptr);
  CHECK(c.find("count")->path == rebuilt);
  c.add(old);
  CHECK(c.find("stats.sum")->path == old);
  CHECK(c.find("count") == nullptr);
  c.remove("libothers.so");
  CHECK(c.names().empty());
  c.add(old);
  CHECK(c.find("stats.sum"));
}

TEST_CASE("a library that can't be loaded says why") {
  jobs::catalogue c;
  c.add(PACTOR_TEST_UNLOADABLE);
  jobs::loader loader;
  const auto text = error_text(ec::bad_library, [&] { static_cast<void>(loader.load(*c.find("needs_it"))); });
  CHECK(has(text, "cannot load"));
  CHECK(has(text, "defined_nowhere"));
}

TEST_CASE("both jobs of one name can be called") {
  test::local_engine engine{{PACTOR_TEST_TYPES, PACTOR_TEST_OTHERS}};
  CHECK(engine.call("types/distance", 5, 2).result<double>() == -3);
  CHECK(engine.call("others/distance", 5, 2).result<double>() == 3);
}
