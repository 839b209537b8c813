#include "runtime/files/config.hpp"
#include "tests/unit/files/scratch_directory.hpp"

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

TEST_CASE("a configuration file overrides defaults, and only what it names") {
  const scratch_directory scratch;
  const auto file = scratch.write("config.json", R"({
  // comments are fine
  "engines": 3, "jobs": ["mine", "/opt/jobs"], "port": 5000, "heartbeat_ms": 250,
  "execute.enabled": false, "execute.compiler": "g++-12", "execute.flags": ["-g", "-I/x y"], "execute.cache_mb": 64
})");
  const auto c = files::read_config(file);
  CHECK(c.engines == 3);
  CHECK(c.jobs == std::vector<std::filesystem::path>{scratch.path() / "mine", "/opt/jobs"});
  CHECK(c.port == 5000);
  CHECK(c.heartbeat == 250ms);
  CHECK(c.host == "127.0.0.1");
  CHECK(c.log_level == "info");
  CHECK(c.execute == files::execute_config{false, "g++-12", {"-g", "-I/x y"}, 64});
}

TEST_CASE("without a file the defaults hold, but a file that was asked for must be there") {
  const scratch_directory scratch;
  CHECK(files::read_config_if_present(scratch.path() / "none.json") == files::config{});
  CHECK(error_of([&] { return files::read_config(scratch.path() / "none.json"); }).first == ec::system);
}

TEST_CASE("bad configuration values are errors that name the place") {
  const scratch_directory scratch;
  for (const char* bad :
       {R"({"port": 65536})", R"({"port": "x"})", R"({"engines": -1})", R"({"host": ""})", R"({"heartbeat_ms": 1})",
        R"({"log_level": "loud"})", R"({"scheduler": "best"})", R"({"hwm": -1})", R"({"execute.enabled": 1})",
        R"({"execute.flags": "-g"})", R"({"execute.cache_mb": 0})", R"({"jobs": "x"})", R"({"jobs": [""]})",
        R"({"prot": 1})", R"(nonsense)"}) {
    CAPTURE(bad);
    const auto file = scratch.write("config.json", bad);
    const auto [code, what] = error_of([&] { return files::read_config(file); });
    CHECK(code == ec::configuration);
    CHECK(what.starts_with(file.string() + ":1:"));
  }
}

TEST_CASE("the example configuration names every option with its default") {
  const auto example = std::filesystem::path{__FILE__}.parent_path() / "../../../configs/one-machine.json";
  auto expected = files::config{};
  CHECK(files::read_config(example) == expected);
}
