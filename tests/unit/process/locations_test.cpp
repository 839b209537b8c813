#include "pactor/error.hpp"
#include "runtime/process/locations.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace pactor;
namespace fs = std::filesystem;

TEST_CASE("the worker and the job libraries are found beside bin") {
  std::string name = "/tmp/pactor-prefix-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const fs::path prefix{name};
  fs::create_directories(prefix / "bin");
  try {
    static_cast<void>(process::find_worker(prefix / "bin"));
    FAIL("there is none");
  } catch (const error& e) {
    CHECK(e.code() == ec::system);
    CHECK(std::string{e.what()}.find((prefix / "libexec/pactor/pactor-worker").string()) != std::string::npos);
  }
  fs::create_directories(prefix / "libexec/pactor");
  std::ofstream{prefix / "libexec/pactor/pactor-worker"};
  CHECK_THROWS_AS(static_cast<void>(process::find_worker(prefix / "bin")), error); // no program yet
  fs::permissions(prefix / "libexec/pactor/pactor-worker", fs::perms::owner_all);
  CHECK(process::find_worker(prefix / "bin") == prefix / "libexec/pactor/pactor-worker");

  CHECK(process::default_job_directories(prefix / "mine", prefix / "bin").empty());
  fs::create_directories(prefix / "mine");
  fs::create_directories(prefix / "lib/pactor/jobs");
  CHECK(process::default_job_directories(prefix / "mine", prefix / "bin") ==
        std::vector{prefix / "lib/pactor/jobs", prefix / "mine"});
  fs::remove_all(prefix);
}

TEST_CASE("the running program knows where it lies") {
  CHECK(fs::exists(process::executable_path()));
  CHECK(process::executable_dir() == process::executable_path().parent_path());
}
