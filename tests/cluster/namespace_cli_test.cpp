// The engines' variables from the shell: push, pull, scatter, gather.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

/// What a command that succeeds prints.
std::string output(const temporary_cluster& cluster, const words& command) {
  const auto result = cluster.pactor(command);
  CAPTURE(command.front());
  CHECK(result.exit_code == 0);
  CHECK(result.err == "");
  return result.out;
}

void expect(const temporary_cluster& cluster, int code, const words& command, const std::string& part) {
  const auto result = cluster.pactor(command);
  CAPTURE(command.front());
  CAPTURE(result.err);
  CHECK(result.exit_code == code);
  CHECK(contains(result.err, part));
  CHECK(result.out == "");
}

} // namespace

TEST_SUITE_BEGIN("cli");

TEST_CASE("what push sets, pull prints, a line for each engine") {
  const temporary_cluster cluster{2};
  const auto pactor = [&](const words& command) { return output(cluster, command); };
  CHECK(pactor({"push", "a=1.03234", "b=3453"}) == "");
  CHECK(pactor({"pull", "a"}) == "[0] 1.03234\n[1] 1.03234\n");
  CHECK(pactor({"pull", "a", "b"}) == "[0] [1.03234,3453]\n[1] [1.03234,3453]\n");
  CHECK(pactor({"pull", "b", "--targets", "-1"}) == "[1] 3453\n");
  CHECK(pactor({"push", "-t", "1", "b=-7", "v=[1,2,3]", R"(m={"x": [1.5, null]})", "w=a word", "e=", "r=0:7:2"}) == "");
  CHECK(pactor({"pull", "-t1", "b", "v", "m", "w", "e", "r"}) ==
        "[1] [-7,[1,2,3],{\"x\":[1.5,null]},\"a word\",\"\",[0,2,4,6]]\n");
  CHECK(pactor({"pull", "b"}) == "[0] 3453\n[1] -7\n");
  pactor({"push", "r=9223372036854775806:-9223372036854775808:-9223372036854775807"});
  CHECK(pactor({"pull", "r", "-t0"}) == "[0] [9223372036854775806,-1]\n");
  pactor({"push", "r=3:0:-2"});
  CHECK(pactor({"pull", "r", "-t0"}) == "[0] [3,1]\n");
  CHECK(json::parse(pactor({"push", "a=1=2", "--json"})) ==
        json::parse(R"([{"engine":0,"result":null},{"engine":1,"result":null}])"));
  CHECK(json::parse(pactor({"pull", "a", "--json", "-t1"})) == json::parse(R"([{"engine":1,"result":"1=2"}])"));
  pactor({"push", "a=6", "b=7"});
  CHECK(pactor({"apply", "add_ab", "27"}) == "[0] 40\n[1] 40\n"); // jobs see them
}

TEST_CASE("scatter divides a sequence, gather puts it together") {
  const temporary_cluster cluster{4};
  const auto pactor = [&](const words& command) { return output(cluster, command); };
  CHECK(pactor({"scatter", "c", "0:10"}) == "");
  CHECK(pactor({"pull", "c"}) == "[0] [0,1,2]\n[1] [3,4,5]\n[2] [6,7]\n[3] [8,9]\n");
  CHECK(pactor({"gather", "c"}) == "[0,1,2,3,4,5,6,7,8,9]\n");
  CHECK(pactor({"gather", "c", "--targets", "3,0"}) == "[8,9,0,1,2]\n");
  const auto parts = json::parse(pactor({"gather", "c", "--json"}));
  REQUIRE(parts.size() == 4);
  CHECK(parts[3] == json::parse(R"({"engine":3,"result":[8,9]})"));
  pactor({"scatter", "c", "0:6", "--round-robin"});
  CHECK(pactor({"pull", "c"}) == "[0] [0,4]\n[1] [1,5]\n[2] [2]\n[3] [3]\n");
  CHECK(pactor({"gather", "c", "--round-robin"}) == "[0,1,2,3,4,5]\n");
  pactor({"scatter", "c", "--flatten", R"(["a","b","c","d"])"});
  CHECK(pactor({"pull", "c"}) == "[0] \"a\"\n[1] \"b\"\n[2] \"c\"\n[3] \"d\"\n");
  CHECK(pactor({"gather", "c"}) == "[\"a\",\"b\",\"c\",\"d\"]\n");
  pactor({"scatter", "c", "[[1,2],[3],[]]", "-t", ":2"});
  CHECK(pactor({"gather", "c", "-t", ":2"}) == "[[1,2],[3],[]]\n");
  pactor({"scatter", "x", "[0.5,1.5]"});
  CHECK(pactor({"apply", "sum_of", "x"}) == "[0] 0.5\n[1] 1.5\n[2] 0.0\n[3] 0.0\n"); // empty parts are parts
}

TEST_CASE("what goes wrong with variables has its exit code, and what is there is printed") {
  const temporary_cluster cluster{2};
  expect(cluster, 2, {"push"}, "nothing to push");
  expect(cluster, 2, {"push", "a"}, "'a' sets no variable");
  expect(cluster, 2, {"push", "=6"}, "'=6' sets no variable");
  expect(cluster, 2, {"push", "a=6", "--tragets", "0"}, "--tragets");
  expect(cluster, 2, {"push", "a=6", "-t", "7"}, "no engine 7: the engines are 0, 1");
  expect(cluster, 2, {"push", "a=0:7:0"}, "step 0");
  expect(cluster, 2, {"push", "a=0:200000000"}, "more than 2^27 elements"); // refused before they are made
  expect(cluster, 2, {"push", "a=-9223372036854775808:9223372036854775807"}, "more than 2^27 elements");
  expect(cluster, 2, {"pull"}, "NAME");
  expect(cluster, 2, {"scatter", "x"}, "give one sequence");
  expect(cluster, 2, {"scatter", "x", "28"}, "28 is no sequence");
  expect(cluster, 2, {"gather"}, "NAME");
  expect(cluster, 12, {"push", "a=6", "--cluster-id", "other"}, "pactor start");
  expect(cluster, 1, {"gather", "nowhere"}, "missing_variable: [engine 0");
  output(cluster, {"push", "a=6", "-t0"});
  const auto some = cluster.pactor({"pull", "a"});
  CHECK(some.exit_code == 1);
  CHECK(some.out == "[0] 6\n");
  CHECK(contains(some.err, "engine 1"));
  output(cluster, {"push", "b=7"});
  const auto both = cluster.pactor({"pull", "a", "b", "--json"});
  CHECK(both.exit_code == 1);
  const auto list = json::parse(both.out);
  REQUIRE(list.size() == 2);
  CHECK(list[0] == json::parse(R"({"engine":0,"result":[6,7]})"));
  CHECK(list[1]["error"]["code"] == "missing_variable");
  output(cluster, {"push", "-t0", "x=[1,2]"});
  output(cluster, {"push", "-t1", "x=[\"a\"]"});
  expect(cluster, 1, {"gather", "x"}, "can't be put together");
}

TEST_SUITE_END();
