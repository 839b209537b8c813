#include "runtime/files/config.hpp"
#include "runtime/files/file_io.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <map>
#include <utility>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

TEST_CASE("a configuration file overrides defaults, and only what it names") {
  const scratch_directory scratch;
  const auto file = scratch.write("config.json", R"({
  // comments are fine
  "engines": 3, "jobs": ["mine", "/opt/jobs"], "port": 5000, "heartbeat_ms": 250,
  "execute": {"enabled": false, "compiler": "g++-12", "flags": ["-g", "-I/x y"], "cache_mb": 64}
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
  files::configuration layers;
  layers.add_file_if_present(scratch.path() / "none.json");
  CHECK(layers.values() == files::config{});
  CHECK(error_of([&] { return files::read_config(scratch.path() / "none.json"); }).first == ec::system);
}

TEST_CASE("bad configuration values are errors that name the place") {
  const scratch_directory scratch;
  for (const char* bad : {R"({"port": 65536})",
                          R"({"port": "x"})",
                          R"({"port": -1})",
                          R"({"port": 1.5})",
                          R"({"engines": -1})",
                          R"({"engines": 18446744073709551615})",
                          R"({"host": ""})",
                          R"({"host": 1})",
                          R"({"heartbeat_ms": 1})",
                          R"({"log_level": "loud"})",
                          R"({"scheduler": "best"})",
                          R"({"scheduler": 1})",
                          R"({"hwm": -1})",
                          R"({"recent_tasks": 10001})",
                          R"({"jobs": "x"})",
                          R"({"jobs": [""]})",
                          R"({"execute": 1})",
                          R"({"execute": {"enabled": 1}})",
                          R"({"execute": {"flags": "-g"}})",
                          R"({"execute": {"flags": [], "cache": 1}})",
                          R"({"execute": {"cache_mb": 0}})",
                          R"({"execute.enabled": true})",
                          R"({"prot": 1})",
                          R"({"port": 1, "port": 2})",
                          R"(nonsense)"}) {
    CAPTURE(bad);
    const auto file = scratch.write("config.json", bad);
    const auto [code, what] = error_of([&] { return files::read_config(file); });
    CHECK(code == ec::configuration);
    CHECK(what.starts_with(file.string() + ":1:"));
  }
}

TEST_CASE("all mistakes of a file are named in one run, each with its place") {
  const scratch_directory scratch;
  const auto file = scratch.write("lab.json", R"({
  "prot": 1, // no such thing
  "engines": "many",
  "jobs": ["a", 1],
  "scheduler": "best"
})");
  const auto [code, what] = error_of([&] { return files::read_config(file); });
  const auto name = file.string();
  CHECK(what == name + ":2:3: unknown key \"prot\"; did you mean \"port\"?\n" + name +
                    ":3:3: \"engines\" must be a whole number from 0 to 10000, not \"many\"\n" + name +
                    ":4:3: \"jobs\" must be a list of strings, none of them empty, not [\"a\",1]\n" + name +
                    ":5:3: \"scheduler\" must be leastload, lru, plainrandom, twobin or weighted, not \"best\"");
}

TEST_CASE("later layers go before earlier ones, and each value says where it comes from") {
  const scratch_directory scratch;
  files::configuration layers;
  layers.add_file(scratch.write("profile.json", R"({"engines": 1, "port": 1, "hwm": 1, "log_level": "error"})"));
  const auto cluster = scratch.write("cluster.json", R"({"engines": 2, "port": 2, "hwm": 2})");
  layers.add_file(cluster);
  ::setenv("PACTOR_ENGINES", "3", 1);
  ::setenv("PACTOR_PORT", "3", 1);
  ::setenv("PACTOR_JOBS", "[\"mine\"]", 1);
  layers.add_environment();
  for (const char* name : {"PACTOR_ENGINES", "PACTOR_PORT", "PACTOR_JOBS"}) ::unsetenv(name);
  layers.set("engines", 4, "--engines");
  layers.check();
  const auto& c = layers.values();
  CHECK(c.engines == 4);
  CHECK(c.port == 3);
  CHECK(c.hwm == 2);
  CHECK(c.log_level == "error");
  CHECK(c.jobs == std::vector<std::filesystem::path>{std::filesystem::current_path() / "mine"});
  std::map<std::string, std::pair<std::string, std::string>> shown;
  for (const auto& o : layers.origins()) shown[o.key] = {o.value, o.from};
  CHECK(shown["engines"] == std::pair<std::string, std::string>{"4", "--engines"});
  CHECK(shown["port"] == std::pair<std::string, std::string>{"3", "PACTOR_PORT"});
  CHECK(shown["hwm"] == std::pair<std::string, std::string>{"2", cluster.string() + ":1:27"});
  CHECK(shown["log_level"].first == "\"error\"");
  CHECK(shown["host"] == std::pair<std::string, std::string>{"\"127.0.0.1\"", "default"});
}

TEST_CASE("a wrong value in the environment is named by its variable") {
  files::configuration layers;
  ::setenv("PACTOR_ENGINES", "many", 1);
  ::setenv("PACTOR_EXECUTE_FLAGS", "-g", 1);
  layers.add_environment();
  ::unsetenv("PACTOR_ENGINES");
  ::unsetenv("PACTOR_EXECUTE_FLAGS");
  REQUIRE(layers.problems().size() == 2);
  CHECK(layers.problems()[1] ==
        "PACTOR_EXECUTE_FLAGS: \"execute.flags\" must be a list of strings, none of them empty, not \"-g\"");
  CHECK(layers.problems()[0] == "PACTOR_ENGINES: \"engines\" must be a whole number from 0 to 10000, not \"many\"");
}

namespace {
const auto examples = std::filesystem::path{__FILE__}.parent_path() / "../../../configs";
}

TEST_CASE("the example configuration names every option with its default") {
  files::configuration layers;
  layers.add_file(examples / "one-machine.json");
  layers.check();
  CHECK(layers.values() == files::config{});
  for (const auto& o : layers.origins()) {
    CAPTURE(o.key);
    CHECK(o.from != "default");
  }
}

TEST_CASE("the schema that is shipped is that of the options") {
  CHECK(files::read_file(examples / "cluster.schema.json") == files::config_schema().dump(2) + "\n");
}
