// Starting and stopping clusters, and what is in the way of it.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <sched.h>
#include <sys/stat.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;
using security::role;

namespace {

/// The texts stand in this order.
bool in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t at = 0;
  for (const auto& part : parts) {
    at = text.find(part, at);
    if (at == text.npos) return false;
    at += part.size();
  }
  return true;
}

/// What a cluster leaves in its directory when it ends in order: no pid file, no connection file.
bool tidy(const pactor_home& home, const std::string& cluster_id = "") {
  const auto place = home.profile();
  auto exists = std::filesystem::exists(place.pid_file(cluster_id));
  for (const auto r : {role::controller, role::node, role::client})
    exists = exists || std::filesystem::exists(place.connection_file(r, cluster_id));
  return !exists;
}

} // namespace

TEST_SUITE_BEGIN("lifecycle");

TEST_CASE("start tells its milestones, and succeeds once every engine has answered") {
  const pactor_home home;
  auto start = home.pactor_beside({"start", "-n", "3"});
  REQUIRE(eventually(30s, [&] { return contains(start.err() + start.out(), "successfully") || !start.running(); }));
  CHECK(in_order(start.err() + start.out(),
                 {"Starting pactor with [daemon=false]", "Creating pid file: ", "Starting controller",
                  "Starting 3 engines", "Engines appear to have started successfully"}));
  // No waiting from here on.
  const auto status = json::parse(home.pactor({"status", "--json"}).out);
  CHECK(status["engines"].size() == 3);
  for (const auto& e : status["engines"]) CHECK(e["pid"].get<int>() > 0);
  const auto pids = home.pactor({"apply", "getpid"});
  CHECK(pids.exit_code == 0);
  CHECK(std::count(pids.out.begin(), pids.out.end(), '\n') == 3);

  SUBCASE("Ctrl-C ends it in order") { CHECK(start.signal(SIGINT)); }
  SUBCASE("and so does SIGTERM") { CHECK(start.signal(SIGTERM)); }
  SUBCASE("and a terminal that is closed") { CHECK(start.signal(SIGHUP)); }
  const auto ended = start.wait(15s);
  CHECK(ended.exit_code == 0);
  CHECK(in_order(ended.err + ended.out, {"Stopping controller and engines", "Removing pid file: "}));
  CHECK(home.leftovers() == "");
  CHECK(tidy(home));
}

TEST_CASE("a daemon's starter returns when every engine answers; stop ends it all") {
  const temporary_cluster cluster{2};
  CHECK(cluster.client().ids() == std::vector{0, 1});
  CHECK(in_order(cluster.log("start"), {"Starting pactor with [daemon=true]", "Starting controller",
                                        "Starting 2 engines", "Engines appear to have started successfully"}));
  const auto stopped = cluster.pactor({"stop"});
  CHECK(stopped.exit_code == 0);
  CHECK(contains(stopped.err, "Stopping the cluster of profile 'default'"));
  CHECK(cluster.leftovers() == "");
  CHECK(tidy(cluster));
}

TEST_CASE("a start whose engines do not answer in time fails and leaves nothing") {
  const pactor_home home;
  for (const auto daemonize : {false, true}) {
    std::vector<std::string> arguments{"start", "-n", "2", "--timeout", "0.001"};
    if (daemonize) arguments.emplace_back("--daemonize");
    const auto started = home.pactor(arguments);
    CHECK(started.exit_code == 14);
    CHECK(contains(started.err, "after 0 s"));
    CHECK(home.leftovers() == "");
    CHECK(tidy(home));
  }
}

TEST_CASE("what already runs is not started again") {
  const temporary_cluster cluster{1};
  const auto again = cluster.pactor({"start", "-n", "1"});
  CHECK(again.exit_code == 10);
  CHECK(contains(again.err, std::to_string(cluster.pid("start"))));
  CHECK(cluster.client()[0].apply_sync<std::string>("hello") == "Hello World!");
}

TEST_CASE("what does not run is not stopped and has no status") {
  const pactor_home home;
  const auto stop = home.pactor({"stop"});
  CHECK(stop.exit_code == 11);
  CHECK(contains(stop.err, "does not run"));
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"status"}, {"status", "--json"}, {"jobs"}, {"apply", "hello"}, {"map", "power10", "0:7"}}) {
    const auto asked = home.pactor(command);
    CHECK(asked.exit_code == 12);
    CHECK(contains(asked.err, "pactor start"));
    CHECK(asked.out == "");
  }
  CHECK(home.pactor({"list", "--json"}).out == "[]\n");
}

TEST_CASE("what a killed launcher leaves is in nobody's way") {
  const temporary_cluster cluster{2};
  ::kill(cluster.pid("start"), SIGKILL);
  CHECK(cluster.leftovers() == "");
  CHECK(std::filesystem::exists(cluster.profile().pid_file("")));

  const auto listed = json::parse(cluster.pactor({"list", "--json"}).out);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["running"] == false);
  const auto status = cluster.pactor({"status"});
  CHECK(status.exit_code == 12);
  CHECK(contains(status.err, "was killed"));

  SUBCASE("a new start takes its place") {
    const auto started = cluster.pactor({"start", "-n", "2", "--daemonize"});
    CHECK(started.exit_code == 0);
    CHECK(contains(cluster.log("start"), "Removing pid file of a cluster that was killed"));
    CHECK(cluster.client().size() == 2);
  }
  SUBCASE("stop says so and tidies up") {
    const auto stopped = cluster.pactor({"stop"});
    CHECK(stopped.exit_code == 11);
    CHECK(contains(stopped.err, "was killed"));
    CHECK(tidy(cluster));
  }
}

TEST_CASE("a cluster whose controller dies too often ends, and says so") {
  const pactor_home home;
  auto start = home.pactor_beside({"start", "-n", "2"});
  REQUIRE(eventually(30s, [&] { return contains(start.err() + start.out(), "successfully") || !start.running(); }));
  REQUIRE(eventually(30s, [&] { // each of them
    for (const auto pid : home.pids("controller")) ::kill(pid, SIGKILL);
    return !start.running();
  }));
  const auto ended = start.wait(15s);
  CHECK(ended.exit_code == 1);
  CHECK(contains(ended.err, "the controller ended with signal 9"));
  CHECK(home.leftovers() == "");
  CHECK(tidy(home));
}

TEST_CASE("nothing is left after a stop that follows the death of a node or a worker") {
  const temporary_cluster cluster{2};
  const auto workers = cluster.pids("worker");
  SUBCASE("node") { ::kill(cluster.pid("node"), SIGKILL); }
  SUBCASE("worker") { ::kill(workers.at(0), SIGKILL); }
  CHECK(cluster.pactor({"stop"}).exit_code == 0);
  CHECK(cluster.leftovers() == "");
}

TEST_CASE("clusters of one profile are told apart by their ids") {
  const temporary_cluster one{1};
  const auto other = one.pactor({"start", "-n", "2", "--daemonize", "--cluster-id", "night"});
  REQUIRE(other.exit_code == 0);
  const auto engines = [&](const std::vector<std::string>& arguments) {
    const auto result = one.pactor(arguments);
    return result.exit_code == 0 ? json::parse(result.out)["engines"].size() : std::size_t{0};
  };
  CHECK(engines({"status", "--json"}) == 1);
  CHECK(engines({"status", "--json", "--cluster-id", "night"}) == 2);
  const auto listed = json::parse(one.pactor({"list", "--json"}).out);
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["cluster_id"] == "");
  CHECK(listed[1]["cluster_id"] == "night");
  CHECK(listed[1]["running"] == true);
  CHECK(listed[1]["engines"] == 2);

  CHECK(one.pactor({"stop", "--cluster-id", "night"}).exit_code == 0);
  CHECK(one.pactor({"status", "--cluster-id", "night"}).exit_code == 12);
  CHECK(engines({"status", "--json"}) == 1);
}

TEST_CASE("controller and nodes can be started one by one") {
  const pactor_home home;
  auto controller = home.pactor_beside({"controller"});
  const auto file = home.connection_file(role::client);
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(file); }));
  auto node = home.pactor_beside({"node", "-n", "2"});
  client_options options;
  options.connection_file = file;
  const client c{options};
  c.wait_for_engines(2);
  CHECK(c[pactor::all].apply_sync<std::string>("hello").size() == 2);

  CHECK(home.pactor({"stop"}).exit_code == 0);
  CHECK(controller.wait(15s).exit_code == 0);
  const auto ended = node.wait(15s);
  CHECK(ended.exit_code != -1);
  CHECK(home.leftovers() == "");
  CHECK(tidy(home));
}

TEST_CASE("hosts of one machine: each with its environment, directory and cores, and restarted apart") {
  const pactor_home home;
  const auto file = home.directory() / "two.json";
  std::filesystem::create_directories(home.directory() / "work");
  cpu_set_t mine;
  REQUIRE(::sched_getaffinity(0, sizeof mine, &mine) == 0);
  int core = 0;
  while (!CPU_ISSET(core, &mine)) ++core;
  write_file(file, R"({"jobs": [")" + test_jobs().string() + R"("], "hosts": [
    {"name": "one", "engines": 2, "environment": {"MINE": "a b"}, "directory": "work", "cores": [")" +
                       std::to_string(core) + R"("]},
    {"name": "two", "engines": 1}]})");
  const auto started = home.pactor({"start", "--config", file.string(), "--daemonize"});
  CAPTURE(started.err);
  REQUIRE(started.exit_code == 0);
  CHECK(contains(started.err, "3 engines started successfully"));
  {
    client_options options;
    options.connection_file = home.connection_file(role::client);
    const client c{options};
    CHECK(c[all].apply_sync<std::string>("variable", "MINE") == std::vector<std::string>{"a b", "a b", ""});
    CHECK(c[0].apply_sync<std::string>("working_directory") == (home.directory() / "work").string());
    CHECK(c[1].apply_sync<std::vector<int>>("cores") == std::vector{core});
    const auto second = c[2].apply_sync<int>("getpid");
    const auto state = [&](const char* key) {
      return json::parse(home.pactor({"status", "--json"}).out).at("hosts").at(0).at(key);
    };
    CHECK(state("state") == "up");
    CHECK(state("engines") == json{0, 1});
    for (const auto& p : home.processes())
      if (p.part() == "node" && std::count(p.arguments.begin(), p.arguments.end(), "--ids=0,1") == 1)
        ::kill(p.pid, SIGKILL);
    CHECK(eventually(15s, [&] { return state("restarts") == 1 && state("state") == "up"; }));
    CHECK(answers(c, 0));
    CHECK(c[2].apply_sync<int>("getpid") == second); // the other node did not notice
  }
  CHECK(contains(home.pactor({"status"}).out, "signal 9"));
  CHECK(home.pactor({"start", "--config", file.string(), "-n", "2"}).exit_code == 2);
  CHECK(home.pactor({"stop"}).exit_code == 0);
  CHECK(home.leftovers() == "");
  CHECK(tidy(home));

  write_file(file, R"({"hosts": [{"name": "one", "engines": 1, "cores": ["1000"]},
    {"name": "two", "engines": 1, "directory": "nowhere"}]})");
  const auto failed = home.pactor({"start", "--config", file.string(), "--timeout", "20"});
  CHECK(failed.exit_code != 0);
  CHECK(contains(failed.err, "two: there is no directory"));
  CHECK(home.leftovers() == "");
}

TEST_SUITE_END();
