#include "runtime/files/file_io.hpp"
#include "runtime/log.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <regex>

using namespace pactor;
using namespace pactor::test;

TEST_CASE("a log line has UTC time with milliseconds, component, level and sentence") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "x.log";
  const class log out {
    { .component = "hub", .file = file }
  };
  out.info("hub lost engine 3");
  out.debug("dropped");
  const std::regex expected{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[hub\] info: hub lost engine 3\n)"};
  const auto text = files::read_file(file);
  CHECK_MESSAGE(std::regex_match(text, expected), text);
}

TEST_CASE("a log without levels is what a person reads on a terminal; text is never a format") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "x.log";
  const class log out {
    { .component = "pactor start", .file = file, .show_level = false }
  };
  out.warning("{} %v {0}");
  CHECK(files::read_file(file).ends_with("Z [pactor start] {} %v {0}\n"));
}

TEST_CASE("a log that grew to its limit starts a new file") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "x.log";
  const class log out {
    { .component = "c", .file = file, .max_size = 2000, .old_files = 2 }
  };
  for (int i = 0; i < 100; ++i) out.info(std::string(100, 'x'));
  CHECK(std::filesystem::file_size(file) <= 2000);
  CHECK(files::file_exists(scratch.path() / "x.1.log"));
  CHECK(files::file_exists(scratch.path() / "x.2.log"));
  CHECK_FALSE(files::file_exists(scratch.path() / "x.3.log"));
}

TEST_CASE("a log that can't be written is an error, and no log at all is none") {
  CHECK(error_of([] { const class log out({.component = "c", .file = "/proc/none/x.log"}); }).first == ec::system);
  const class log nothing;
  nothing.error("dropped");
  CHECK(parse_log_level("warning") == log_level::warning);
  CHECK_FALSE(parse_log_level("loud"));
}
