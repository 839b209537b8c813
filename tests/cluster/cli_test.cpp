// Calls from the shell: JSON in and out, exit codes, and the tour.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_SUITE_BEGIN("cli");

TEST_CASE("apply prints a line for each engine") {
  const temporary_cluster cluster{3};
  const auto apply = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "apply");
    const auto result = cluster.pactor(words);
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    return result.out;
  };
  CHECK(apply({"power10", "2"}) == "[0] 1024.0\n[1] 1024.0\n[2] 1024.0\n");
  CHECK(apply({"power10", "2", "--targets", "::2"}) == "[0] 1024.0\n[2] 1024.0\n");
  CHECK(apply({"--targets", "-1", "power10", "-1"}) == "[2] 1.0\n");
  CHECK(apply({"engine_number", "-t", "2,0"}) == "[2] 2\n[0] 0\n");
  const auto balanced = apply({"power10", "2", "--balanced"});
  CHECK(contains(balanced, "1024.0"));
  CHECK(std::count(balanced.begin(), balanced.end(), '\n') == 1);
  CHECK(apply({"identity", "a word", "-t0"}) == "[0] \"a word\"\n");
  CHECK(apply({"identity", R"({"a": [1, null, true, "x"]})", "-t0"}) == "[0] {\"a\":[1,null,true,\"x\"]}\n");
  CHECK(apply({"identity", "1:4", "-t0"}) == "[0] [1,2,3]\n");
  CHECK(apply({"identity", "[1.5, 2]", "-t0"}) == "[0] [1.5,2.0]\n");
  CHECK(apply({"identity", "\"-x\"", "-t0"}) == "[0] \"-x\"\n");
  CHECK(apply({"repeat", "ab", "3", "-t0"}) == "[0] \"ababab\"\n");
  CHECK(apply({"lengths", R"(["a", "ccc"])", "-t0"}) == "[0] {\"a\":1,\"ccc\":3}\n");
  CHECK(apply({"nothing", "1", "-t0"}) == "[0] null\n");
  CHECK(json::parse(apply({"power10", "2", "--json", "-t", "1"})) == json::parse(R"([{"engine":1,"result":1024.0}])"));
}

TEST_CASE("map prints one list in the order of the elements") {
  const temporary_cluster cluster{2};
  const auto map = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "map");
    const auto result = cluster.pactor(words);
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    return result.out;
  };
  const std::string powers = "[0.0,1.0,1024.0,59049.0,1048576.0,9765625.0,60466176.0]\n";
  CHECK(map({"power10", "0:7"}) == powers);
  CHECK(map({"power10", "0:7", "--balanced"}) == powers);
  CHECK(map({"power10", "0:7", "--balanced", "--chunksize", "2"}) == powers);
  CHECK(map({"power10", "[0,1,2,3,4,5,6]", "--targets", "1"}) == powers);
  CHECK(map({"power10", "0:7:3"}) == "[0.0,59049.0,60466176.0]\n");
  CHECK(map({"power10", "2:-1:-1"}) == "[1024.0,1.0,0.0]\n");
  CHECK(map({"power10", "[]"}) == "[]\n");
  CHECK(map({"first_word", R"(["a b", "c d"])"}) == "[\"a\",\"c\"]\n");
  CHECK(map({"repeat", R"(["a","b"])", "[1,2]"}) == "[\"a\",\"bb\"]\n");
  CHECK(map({"is_even", "0:4", "--show-engines"}) == "[0] true\n[0] false\n[1] true\n[1] false\n");
  const auto each = json::parse(map({"is_even", "0:4", "--json"}));
  REQUIRE(each.size() == 4);
  CHECK(each[3] == json::parse(R"({"engine":1,"result":false})"));
}

TEST_CASE("jobs lists what the cluster knows") {
  const temporary_cluster cluster{1};
  const auto text = cluster.pactor({"jobs"});
  CHECK(text.exit_code == 0);
  CHECK(contains(text.out, "power10"));
  CHECK(contains(text.out, "stats.sum"));
  const auto all_jobs = json::parse(cluster.pactor({"jobs", "--json"}).out);
  const auto power10 =
      std::find_if(all_jobs.begin(), all_jobs.end(), [](const json& j) { return j["name"] == "power10"; });
  REQUIRE(power10 != all_jobs.end());
  CHECK(contains((*power10)["library"].get<std::string>(), "basics"));
  CHECK(contains((*power10)["signature"].get<std::string>(), "double"));
}

TEST_CASE("exit codes say what went wrong, and standard output stays clean") {
  const temporary_cluster cluster{2};
  const auto expect = [&](int code, const std::vector<std::string>& words, const std::string& part) {
    const auto result = cluster.pactor(words);
    CAPTURE(result.err);
    CHECK(result.exit_code == code);
    CHECK(contains(result.err, part));
    CHECK(result.out == "");
  };
  expect(1, {"apply", "throw_std", "boom"}, "std::runtime_error: boom");
  expect(1, {"apply", "throw_int", "-t0"}, "engine 0");
  expect(1, {"apply", "powr10", "2"}, "did you mean power10?");
  expect(1, {"apply", "power10", "two"}, "power10 takes double(double)");
  expect(1, {"apply", "abort", "-t1"}, "signal 6");
  expect(2, {"apply"}, "JOB");
  expect(2, {"apply", "power10", "2", "--tragets", "0"}, "--tragets");
  expect(2, {"apply", "power10", "2", "-t", "7"}, "no engine 7: the engines are 0, 1");
  expect(2, {"map", "power10", "7"}, "7 is no sequence");
  expect(2, {"map", "power10", "0:7:0"}, "step 0");
  expect(2, {"map", "repeat", "[\"a\"]", "[1,2]"}, "length");
  expect(12, {"apply", "hello", "--cluster-id", "other"}, "pactor start");
  expect(12, {"apply", "hello", "--profile", "other"}, "pactor start");
  expect(14, {"apply", "until_exists", (cluster.directory() / "never").string(), "--timeout", "0.05"},
         "is not done after 0.05 s");
  write_file(cluster.directory() / "never", "");
  CHECK(cluster.pactor({"apply", "hello"}).exit_code == 0);
}

TEST_CASE("what succeeded is printed beside what failed") {
  const temporary_cluster cluster{2};
  const auto some = cluster.pactor({"map", "throw_odd", "0:4"});
  CHECK(some.exit_code == 1);
  CHECK(some.out == "[0.0,null,1.0,null]\n");
  CHECK(contains(some.err, "std::domain_error: 1 is odd"));
  CHECK(contains(some.err, "std::domain_error: 3 is odd"));
  const auto coded = cluster.pactor({"map", "throw_odd", "0:2", "--json"});
  CHECK(coded.exit_code == 1);
  const auto list = json::parse(coded.out);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["result"] == 0.0);
  CHECK(list[1]["error"]["code"] == "remote_error");
  CHECK(list[1]["error"]["type"] == "std::domain_error");
  CHECK(list[1]["error"]["what"] == "1 is odd");
  CHECK(list[1]["error"]["job"] == "throw_odd");
  const auto lost = json::parse(cluster.pactor({"apply", "segfault", "--json", "-t0"}).out);
  CHECK(lost[0]["error"]["code"] == "engine_lost");
  CHECK(lost[0]["error"]["signal"] == 11);
}

TEST_CASE("the cluster may be chosen by the environment") {
  const pactor_home home;
  REQUIRE(home.pactor({"start", "-n", "1", "--daemonize", "--profile", "hpc", "--cluster-id", "night"}).exit_code == 0);
  auto chosen = home.variables();
  chosen.emplace_back("PACTOR_PROFILE", "hpc");
  chosen.emplace_back("PACTOR_CLUSTER_ID", "night");
  const auto named = run({PACTOR_TEST_PROGRAM, "apply", "hello"}, chosen);
  CHECK(named.exit_code == 0);
  CHECK(named.out == "[0] \"Hello World!\"\n");
  CHECK(home.pactor({"apply", "hello"}).exit_code == 12);
  const auto status = json::parse(run({PACTOR_TEST_PROGRAM, "status", "--json"}, chosen).out);
  CHECK(status["profile"] == "hpc");
  CHECK(status["cluster_id"] == "night");
}

TEST_CASE("status shows what happened to engines") {
  const temporary_cluster cluster{2};
  REQUIRE(cluster.pactor({"apply", "abort", "-t0"}).exit_code == 1);
  REQUIRE(answers(cluster.client(), 0));
  const auto status = json::parse(cluster.pactor({"status", "--json"}).out);
  REQUIRE(status["engines"].size() == 2);
  const auto& engine = status["engines"][0];
  CHECK(engine["id"] == 0);
  CHECK(engine["restarts"] == 1);
  CHECK(contains(engine["last_loss"].get<std::string>(), "signal 6"));
  CHECK(engine["pid"] == worker_pid(cluster.client(), 0));
  CHECK(status["controller_pid"] == cluster.pid("controller"));
  CHECK(status["address"] == "127.0.0.1:" + std::to_string(cluster.port()));
  const auto table = cluster.pactor({"status"});
  CHECK(contains(table.out, "ENGINE"));
  CHECK_FALSE(contains(table.out, "\x1b")); // no colour but on a terminal
}

TEST_CASE("the tour ends well, and every time") {
  const temporary_cluster cluster{{.engines = 4, .test_jobs = false}};
  for (int i = 0; i < 2; ++i) {
    const auto tour = run({PACTOR_TEST_TOUR}, cluster.variables());
    CAPTURE(tour.out);
    CHECK(tour.exit_code == 0);
    CHECK(contains(tour.out, "60466176"));
    CHECK(contains(tour.out, "5118400"));
  }
}

TEST_SUITE_END();
