#include "runtime/files/config.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/host_states.hpp"
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
                          R"({"supervision": {"intensity": -1}})",
                          R"({"supervision": {"period_s": 0}})",
                          R"({"limits": {"open_tasks": 0}})",
                          R"({"limits": {"open_mb": "4 GiB"}})",
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
                          R"({"port": 1e999})",
                          R"(nonsense)"}) {
    CAPTURE(bad);
    const auto file = scratch.write("config.json", bad);
    const auto [code, what] = error_of([&] { return files::read_config(file); });
    CHECK(code == ec::configuration);
    CHECK(what.starts_with(file.string() + ":1:"));
  }
}

TEST_CASE("a number that is too large for any is told by its place") {
  const scratch_directory scratch;
  const auto file = scratch.write("lab.json", "{\n  \"port\": 41e1111\n}");
  CHECK(error_of([&] { return files::read_config(file); }).second ==
        file.string() + ":2:11: number overflow parsing '41e1111'");
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

TEST_CASE("every mistake in a host is named by its place") {
  const scratch_directory scratch;
  const auto file = scratch.write("lab.json", R"({"hosts": [
  {"engines": 4},
  {"name": "a", "engine": 4},
  {"name": "a", "engines": 0, "launcher": "shh"},
  {"address": "-oProxyCommand=x", "engines": 1},
  {"address": "b", "engines": 1, "environment": {"1A": "x", "B": "one\ntwo"}},
  {"address": "c", "engines": 1, "cores": ["0", "3-1"], "ssh_options": ["StrictHostKeyChecking= \"no\"", "-v"]},
  4
]})");
  const auto [code, what] = error_of([&] { return files::read_config(file); });
  const auto name = file.string();
  CHECK(code == ec::configuration);
  CHECK(
      what ==
      name + ":2:3: \"hosts.0.name\" is missing\n" + name + ":3:3: \"hosts.1.engines\" is missing\n" + name +
          ":3:17: unknown key \"engine\"; did you mean \"engines\"?\n" + name +
          ":4:4: \"hosts.2.name\" \"a\" is another host's, too; give each a name of its own\n" + name +
          ":4:17: \"hosts.2.engines\" must be a whole number from 1 to 10000, not 0\n" + name +
          ":4:31: \"hosts.2.launcher\" must be local, ssh, mpi, slurm, pbs or the path of a plug-in, not \"shh\"; did "
          "you mean \"ssh\"?\n" +
          name +
          ":5:4: \"hosts.3.address\" must be a host name or an address; user and ssh_port have their own keys\n" +
          name + ":6:50: \"hosts.4.environment.1A\" is no name of an environment variable\n" + name +
          ":6:61: \"hosts.4.environment.B\" must be one line\n" + name +
          ":7:49: \"hosts.5.cores.1\" must be numbers of cores such as \"0\" or \"0-3,8\", not \"3-1\"\n" + name +
          ":7:73: \"hosts.5.ssh_options.0\" would connect to any host that answers; use "
          "\"StrictHostKeyChecking=accept-new\", or connect once by hand\n" +
          name +
          ":7:106: \"hosts.5.ssh_options.1\" must be KEY=VALUE as in ssh's configuration, such as "
          "\"ProxyJump=gate\"\n" +
          name + ":8:3: \"hosts.6\" must be an object, not 4");
}

TEST_CASE("settings that a launcher does not have, and what mpiexec does itself, are named") {
  const scratch_directory scratch;
  files::configuration layers;
  layers.add_file(scratch.write("mpi.json", R"({"hosts": [
  {"name": "a", "engines": 2, "launcher": "mpi", "settings": {"optoins": "-v", "mpiexec": "srun\n"}},
  {"address": "b", "engines": 2, "launcher": "mpi"},
  {"name": "c", "engines": 2, "launcher": "slurm", "settings": {"hostfile": "x"}},
  {"name": "d", "engines": 2, "launcher": "./own.so", "settings": {"anything": "x"}}]})"));
  try {
    layers.check();
    FAIL("there are mistakes");
  } catch (const error& e) {
    const std::string text = e.what();
    for (const auto* part :
         {"\"hosts.0.settings.optoins\" is no setting of the launcher mpi; did you mean \"options\"?",
          "\"hosts.0.settings.mpiexec\" must be one line", "\"hosts.1.address\" is for ssh; which hosts",
          "\"hosts.2.settings.hostfile\" is no setting of the launcher slurm; there are queue, account"})
      CHECK_MESSAGE(text.find(part) != std::string::npos, text);
    CHECK(text.find("hosts.3") == std::string::npos);
  }
}

TEST_CASE("a host has what is written, and sensible defaults") {
  const scratch_directory scratch;
  const auto config = files::read_config(scratch.write("lab.json", R"({"hosts": [
  {"name": "here", "engines": 2, "jobs": ["mine"], "directory": "work"},
  {"address": "lab1", "engines": 4, "jobs": ["/opt/jobs"], "directory": "work", "user": "ann", "ssh_port": 2222},
  {"name": "big", "engines": 8, "launcher": "mpi", "cores": ["0-1", "2"], "settings": {"options": "-v"}, "jobs": ["m"]},
  {"name": "own", "engines": 1, "launcher": "./launch.so"}
]})"));
  REQUIRE(config.hosts.size() == 4);
  CHECK(files::engine_count(config) == 15);
  const auto& here = config.hosts[0];
  CHECK(here.launcher == "local");
  CHECK(here.jobs == std::vector{(scratch.path() / "mine").string()});
  CHECK(here.directory == scratch.path() / "work");
  const auto& lab1 = config.hosts[1];
  CHECK(lab1.name == "lab1");
  CHECK(lab1.launcher == "ssh");
  CHECK(lab1.directory == "work"); // there
  CHECK(lab1.user == "ann");
  CHECK(lab1.ssh_port == 2222);
  CHECK(config.hosts[2].launcher == "mpi");
  CHECK(config.hosts[2].settings.at("options") == "-v");
  CHECK(config.hosts[2].jobs == std::vector{(scratch.path() / "m").string()}); // mpiexec's hosts share files
  CHECK(config.hosts[3].launcher == scratch.path() / "launch.so");
  // What is shown can be read again.
  for (const auto& host : config.hosts) CHECK(files::host_from(files::to_json(host), "/") == host);
  CHECK(files::core_list("0-2,8,1") == std::vector{0, 1, 2, 8});
  for (const auto* bad : {"", "x", "1-", "-1", "2-1", "1,,2", "0-99999", "1 "}) CHECK(files::core_list(bad).empty());
}

TEST_CASE("what is known about hosts comes back from its file") {
  const scratch_directory scratch;
  const std::vector<files::host_state> hosts{{"lab1", "ssh", {0, 1}, files::host_state::phase::up, "", 0},
                                             {"lab2", "ssh", {2}, files::host_state::phase::given_up, "no \xff", 3}};
  const auto file = scratch.path() / "pactor.hosts";
  files::write_host_states(file, hosts);
  const auto found = files::read_host_states(file);
  REQUIRE(found.size() == 2);
  CHECK(found[0] == hosts[0]);
  CHECK(found[1].now == files::host_state::phase::given_up);
  CHECK(files::read_host_states(scratch.path() / "none").empty());
  CHECK(files::read_host_states(scratch.write("bad", "[1]")).empty());
  CHECK(files::read_host_states(scratch.write("worse", "{")).empty());
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

TEST_CASE("the example of a lab is sound") {
  const auto config = files::read_config(examples / "lab.json");
  CHECK(config.hosts.size() == 3);
  CHECK(files::engine_count(config) == 12);
}

TEST_CASE("the schema that is shipped is that of the options") {
  CHECK(files::read_file(examples / "cluster.schema.json") == files::config_schema().dump(2) + "\n");
}
