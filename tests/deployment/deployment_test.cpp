// Several hosts, from one file: start, work, cut off, join again, stop; nothing is left anywhere.

#include "tests/deployment/lab.hpp"
#include "tests/support/eventually.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

json status(const lab& l) {
  const auto shown = l.pactor({"status", "--json"});
  return shown.exit_code == 0 ? json::parse(shown.out) : json::object();
}

/// A host's row of `pactor status`.
json host(const lab& l, const std::string& name) {
  const auto now = status(l);
  for (const auto& one : now.value("hosts", json::array()))
    if (one.at("name") == name) return one;
  return {{"state", "unknown"}, {"present", -1}};
}

/// How long it took until it came to be, in milliseconds; 0 if it did not.
long until(const std::function<bool()>& holds) {
  const auto start = std::chrono::steady_clock::now();
  if (!eventually(60s, holds)) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
}

std::string log_of(const lab& l) { return content_of(l.home().profile().log_file("start", "")); }

/// Processes of the head that are ssh for a host.
std::vector<pid_t> connections(const lab& l, const std::string& name) {
  std::vector<pid_t> result;
  for (const auto& p : l.home().processes())
    if (p.part() == "ssh" && std::find(p.arguments.begin(), p.arguments.end(), name) != p.arguments.end())
      result.push_back(p.pid);
  return result;
}

/// A test that can't be run says so, and is none.
#define NEEDS_A_LAB                                                                                                    \
  if (const auto why = no_lab_because(); !why.empty()) {                                                               \
    MESSAGE("skipped: " << why);                                                                                       \
    return;                                                                                                            \
  }

} // namespace

TEST_CASE("three hosts are one cluster, from the example's file") {
  NEEDS_A_LAB
  const lab l{3};
  const auto file = std::string{PACTOR_TEST_CONFIGS} + "/lab.json";
  const auto began = std::chrono::steady_clock::now();
  const auto started = l.pactor({"start", "--config", file, "--daemonize"});
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  CAPTURE(started.err);
  CAPTURE(log_of(l));
  REQUIRE(started.exit_code == 0);
  CHECK(contains(started.err, "12 engines started successfully"));
  for (const auto* line : {"Starting 4 engines on lab1 (ssh)", "lab1 has 4 engines", "big has 4 engines"})
    CHECK(contains(log_of(l), line));

  SUBCASE("work, on all of them") {
    CHECK(l.pactor({"apply", "variable", "OMP_NUM_THREADS", "--targets", "0,4,8"}).out ==
          "[0] \"\"\n[4] \"1\"\n[8] \"\"\n");
    CHECK(contains(l.pactor({"apply", "working_directory", "--targets", "4"}).out, "/tmp"));
    CHECK(l.pactor({"map", "power10", "0:12"}).exit_code == 0);
    // Nothing secret is seen from outside: not in arguments, nor in files of the hosts.
    const auto key = files::connection_file::read(l.home().connection_file(security::role::node)).key.substr(30, 40);
    for (int i = 1; i <= 3; ++i) CHECK(l.run_on(i, {"grep", "-rqsF", key, l.pactor_dir(i).string()}).exit_code == 1);
    for (const auto& p : l.home().processes())
      for (const auto& argument : p.arguments) CHECK_FALSE(contains(argument, key));
  }
  SUBCASE("a host is cut off and joins again") {
    l.cut(2);
    const auto noticed = until([&] { return host(l, "lab2").at("present") == 0; });
    CHECK(noticed > 0);
    CHECK(l.pactor({"apply", "cores", "--targets", "0,8"}).exit_code == 0); // the others go on
    l.join(2);
    const auto back = until([&] { return host(l, "lab2").at("present") == 4; });
    CHECK(back > 0);
    CHECK(l.pactor({"apply", "cores"}).exit_code == 0);
    MESSAGE("started in " << took << " ms; cut off: noticed after " << noticed << " ms; back after " << back << " ms");
  }
  SUBCASE("a connection is killed: its node ends, and another one comes") {
    const auto nodes = l.processes(2);
    REQUIRE(connections(l, "lab2").size() == 1);
    ::kill(connections(l, "lab2").front(), SIGKILL);
    CHECK(until([&] { return host(l, "lab2").at("restarts") == 1 && host(l, "lab2").at("present") == 4; }) > 0);
    for (const auto& old : nodes)
      for (const auto& p : l.processes(2)) CHECK(p.pid != old.pid);
    CHECK(l.pactor({"apply", "cores", "--targets", "4:8"}).exit_code == 0);
    CHECK(contains(log_of(l), "lab2 is back with 4 engines"));
  }
  SUBCASE("the cluster's supervisor is killed: nothing outlives it") {
    ::kill(l.home().pid("start"), SIGKILL);
    CHECK(l.leftovers() == "");
  }
  static_cast<void>(l.pactor({"stop"}));
  CHECK(l.leftovers() == "");
  CHECK(status(l).empty());
}

TEST_CASE("a host without pactor gets it carried there with the job libraries, and once only") {
  NEEDS_A_LAB
  const lab l{1};
  const auto file = l.write("copy.json", R"({"host": "10.77.0.1", "hosts": [
    {"address": "lab1", "engines": 2, "copy": true, "jobs": ["mine"]}]})");
  const auto mine = file.parent_path() / "mine";
  std::filesystem::create_directory(mine);
  std::filesystem::copy_file(test_jobs() / "libtypes.so", mine / "libtypes.so");
  const auto carried = l.pactor_dir(1) / "carried";
  std::filesystem::path place;
  for (int start = 0; start < 2; ++start) {
    const auto started = l.pactor({"start", "--config", file.string(), "--daemonize"});
    CAPTURE(started.err);
    CAPTURE(log_of(l));
    REQUIRE(started.exit_code == 0);
    std::vector<std::filesystem::path> there{std::filesystem::directory_iterator{carried}, {}};
    REQUIRE(there.size() == 1);
    if (start == 0) place = std::filesystem::canonical(there[0]);
    CHECK(std::filesystem::canonical(there[0]) == place);
    // Program and worker are those that were carried.
    int carried_programs = 0;
    for (const auto& p : l.processes(1))
      if (p.part() == "node" || p.part() == "worker") {
        const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(p.pid) + "/exe").string();
        CHECK_MESSAGE(program.starts_with(place.string() + "/"), program);
        ++carried_programs;
      }
    CHECK(carried_programs == 3);
    CHECK(std::filesystem::exists(place / "lib/pactor/jobs/libtypes.so"));
    CHECK(l.pactor({"apply", "engine_number"}).out == "[0] 0\n[1] 1\n");
    CHECK(l.pactor({"stop"}).exit_code == 0);
    CHECK(l.leftovers() == "");
  }
}

TEST_CASE("the slides' programs run on engines of three hosts") {
  NEEDS_A_LAB
  const lab l{3};
  // Nothing but ssh is open: the controller listens on loopback alone, and each host has a tunnel to it.
  const auto file = l.write("tunnels.json", R"({"hosts": [
    {"address": "lab1", "engines": 2, "tunnel": true},
    {"address": "lab2", "engines": 1, "tunnel": true},
    {"address": "lab3", "engines": 1, "tunnel": true}]})");
  const auto started = l.pactor({"start", "--config", file.string(), "--daemonize"});
  CAPTURE(started.err);
  REQUIRE(started.exit_code == 0);
  for (const auto* lesson : {"getting_started", "direct_map", "apply", "push_pull", "scatter_gather", "variance"}) {
    CAPTURE(lesson);
    const auto result = l.run_on_head({std::string{PACTOR_TEST_SLIDES} + "/" + lesson});
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
  }
  CHECK(l.pactor({"stop"}).exit_code == 0);
  CHECK(l.leftovers() == "");
}

TEST_CASE("every host that can't be started is named, with what to do about it") {
  NEEDS_A_LAB
  lab l{4};
  l.forget_key(1);
  l.mistake_key(2);
  const auto file = l.write("wrong.json", R"({"host": "10.77.0.1", "hosts": [
    {"name": "strange", "address": "lab1", "engines": 1},
    {"name": "changed", "address": "lab2", "engines": 1},
    {"name": "nobody", "address": "no-such-host.invalid", "engines": 1},
    {"name": "deaf", "address": "lab3", "engines": 1, "ssh_port": 2223},
    {"name": "stranger", "address": "lab3", "user": "nobody", "engines": 1},
    {"name": "empty", "address": "lab3", "engines": 1, "pactor": "/opt/none/pactor"},
    {"name": "cores", "address": "lab4", "engines": 1, "directory": "/no/such/place"},
    {"name": "fine", "address": "lab4", "engines": 1}]})");
  const auto started = l.pactor({"start", "--config", file.string()});
  CAPTURE(started.err);
  CHECK(started.exit_code == 16);
  CHECK(contains(started.err, "7 of 8 hosts failed"));
  for (const auto* line :
       {"  strange: its host key is not known; connect once by hand and compare it: ssh lab1",
        "  changed: its host key is not the one that is known", "  nobody: there is no host \"no-such-host.invalid\"",
        "  deaf: connection refused: no ssh server listens at lab3 port 2223", "  stranger: permission denied",
        "  empty: there is no program /opt/none/pactor there", "/no/such/place"})
    CHECK(contains(started.err, line));
  CHECK(l.leftovers() == "");

  // Nobody listens on an outside address unasked, and no host is left to find that out.
  const auto closed = l.write("closed.json", R"({"hosts": [{"address": "lab1", "engines": 1}]})");
  const auto refused = l.pactor({"start", "--config", closed.string()});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "lab1 can't reach the controller, which listens on 127.0.0.1 only"));
}
