// C++ for the engines from the command line: px, pxresult, import, and lines of the shell.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/terminal.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;
using words = std::vector<std::string>;

namespace {

run_result px(const temporary_cluster& cluster, words arguments) {
  arguments.insert(arguments.begin(), "px");
  return cluster.pactor(arguments);
}
/// What a px that succeeds prints.
std::string output(const temporary_cluster& cluster, const words& arguments) {
  const auto result = px(cluster, arguments);
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.err == "");
  return result.out;
}
run_result script(const pactor_home& home, const std::string& text) {
  const auto file = home.directory() / "script";
  write_file(file, text);
  return run({"/bin/sh", "-c", "exec \"$0\" shell < \"$1\"", PACTOR_TEST_PROGRAM, file.string()}, home.variables());
}

} // namespace

TEST_SUITE_BEGIN("shell");

TEST_CASE("the command line of px is checked") {
  const temporary_cluster cluster{1};
  const auto says = [&](const words& arguments, int code, const std::string& text) {
    const auto result = px(cluster, arguments);
    CHECK(result.exit_code == code);
    CHECK(result.err == text);
    CHECK(result.out == "");
  };
  says({}, 2, "pactor px: give C++, or a file with it: --file FILE\n");
  says({"1", "--file", (cluster.directory() / "nothing").string()}, 2,
       "pactor px: --file: File does not exist: " + (cluster.directory() / "nothing").string() +
           " (see: pactor px --help)\n");
  says({"1", "--file", "/dev/null"}, 2, "pactor px: give C++ or a file, not both\n");
  says({"1", "-t7"}, 2, "pactor px: no engine 7: the engines are 0\n");
  says({"1", "--group-outputs", "x"}, 2,
       "pactor px: --group-outputs: x not in {type,engine,order} (see: pactor px --help)\n");
  const auto none = cluster.pactor({"pxresult"});
  CHECK(none.exit_code == 1);
  CHECK(none.err == "pactor pxresult: there was no px that did not block: pactor px --no-block 'CODE'\n");
  CHECK(cluster.pactor({"pxresult", "nothing"}).exit_code == 2);
}

TEST_CASE("a library is imported, and its jobs can be called") {
  const temporary_cluster cluster{{.engines = 2, .test_jobs = false}};
  std::filesystem::path library;
  for (const auto& file : std::filesystem::directory_iterator{test_jobs()})
    if (contains(file.path().filename().string(), "faults")) library = file.path();
  REQUIRE_FALSE(library.empty());
  const auto result =
      script(cluster, "%apply throw_std boom -t0\n%import " + library.string() + "\n%apply throw_std boom -t0\n");
  CHECK(result.out == "importing faults on engine(s)\n");
  CHECK(contains(result.err, "no job"));
  CHECK(contains(result.err, "std::runtime_error: boom"));
  const auto wrong = cluster.pactor({"import", "/no/such/lib.so"});
  CHECK(wrong.exit_code == 1);
  CHECK(contains(wrong.err, "bad_library"));
  const auto c = cluster.client();
  const auto names = c[all].import_library(library);
  CHECK(std::ranges::find(names, "throw_std") != names.end());
  CHECK_THROWS_AS(c[0].apply_sync<void>("throw_std", std::string{"boom"}), remote_error);
  CHECK_THROWS_AS(c[all].import_library("/no/such/lib.so"), composite_error);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("px");

TEST_CASE("px runs C++ on the engines, and prints what comes of it") {
  const temporary_cluster cluster{2};
  CHECK(output(cluster, {"int k = 3;"}) == "");
  CHECK(output(cluster, {"k + 4"}) == "Out[0:2]: 7\nOut[1:2]: 7\n");
  CHECK(output(cluster, {"k * 2", "--targets", "1"}) == "Out[1:3]: 6\n");
  CHECK(output(cluster, {"k", "-t", "1,0"}) == "Out[1:4]: 3\nOut[0:3]: 3\n");
  CHECK(output(cluster, {"k", "-t", "1,0", "--group-outputs", "engine"}) == "Out[0:4]: 3\nOut[1:5]: 3\n");
  const auto said = output(cluster, {"std::printf(\"I am %d\\n\", k); k", "-t0"});
  CHECK(said == "[stdout:0] I am 3\nOut[0:5]: 3\n");
  const std::string both = "std::puts(\"out\"); std::fputs(\"err\\n\", stderr); k";
  const auto grouped = px(cluster, {both, "--group-outputs", "type"});
  CHECK(grouped.out == "[stdout:0] out\n[stdout:1] out\nOut[0:6]: 3\nOut[1:6]: 3\n");
  CHECK(grouped.err == "[stderr:0] err\n[stderr:1] err\n");
  CHECK(px(cluster, {both, "--group-outputs", "order", "-t", "1,0"}).out ==
        "[stdout:1] out\nOut[1:7]: 3\n[stdout:0] out\nOut[0:7]: 3\n");
  const auto coded = json::parse(output(cluster, {"k", "--json"}));
  REQUIRE(coded.size() == 2);
  CHECK(coded[1] == json::parse(R"({"engine":1,"count":8,"result":3,"text":"3","type":"int32"})"));
  CHECK(json::parse(output(cluster, {"k = 5;", "--json", "-t0"})) == json::parse(R"([{"engine":0,"count":9}])"));
}

TEST_CASE("px takes a file") {
  const temporary_cluster cluster{1};
  const auto file = cluster.directory() / "twice.cpp";
  write_file(file, "// doubles\nint twice(int x) { return 2 * x; }\ntwice(21)\n");
  CHECK(output(cluster, {"--file", file.string()}) == "Out[0:1]: 42\n");
  CHECK(output(cluster, {"twice(4)"}) == "Out[0:2]: 8\n");
  write_file(file, "int wrong() {\n  return nothing;\n}\n");
  const auto result = px(cluster, {"-f", file.string()});
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "twice.cpp:2:10: error: "));
}

TEST_CASE("an error of the compiler is printed once for the engines that share it") {
  const temporary_cluster cluster{4};
  const auto all = px(cluster, {"x = nothing + 1"});
  CHECK(all.exit_code == 1);
  CHECK(all.out == "");
  CHECK(all.err.starts_with("[engines 0-3]\npx:1:5: error: "));
  CHECK(contains(all.err, "x = nothing + 1\n"));
  CHECK(contains(all.err, "    ^"));
  CHECK(all.err.find("nothing + 1") == all.err.rfind("nothing + 1"));
  REQUIRE(cluster.pactor({"push", "nothing=2", "-t", "1"}).exit_code == 0);
  const auto some = px(cluster, {"nothing + 1"});
  CHECK(some.exit_code == 1);
  CHECK(some.out == "Out[1:2]: 3\n"); // code that does not compile counts, too
  CHECK(contains(some.err, "[engines 0, 2, 3]\npx:1:1: error: "));
  const auto coded = json::parse(px(cluster, {"nothing", "--json", "-t", "0"}).out);
  CHECK(coded[0]["error"]["code"] == "compile_error");
}

TEST_CASE("what goes wrong while C++ runs is told of each engine, and variables stay") {
  const temporary_cluster cluster{2};
  CHECK(output(cluster, {"int k = 1;"}) == "");
  const auto thrown = px(cluster, {"k = 2; throw std::runtime_error{\"boom\"};"});
  CHECK(thrown.exit_code == 1);
  CHECK(contains(thrown.err, "std::runtime_error: boom"));
  CHECK(output(cluster, {"k", "-t0"}) == "Out[0:3]: 2\n");
  const auto crashed = px(cluster, {"std::abort();", "-t1"});
  CHECK(crashed.exit_code == 1);
  CHECK(contains(crashed.err, "signal 6"));
  CHECK(px(cluster, {"for (;;) {}", "-t0", "--run-limit", "0.2"}).exit_code == 1);
  REQUIRE(answers(cluster.client(), 0));
  REQUIRE(answers(cluster.client(), 1));
  CHECK(output(cluster, {"1 + 1", "-t1"}) == "Out[1:1]: 2\n");
}

TEST_CASE("px that does not block can be asked for later, from anywhere") {
  const temporary_cluster cluster{2};
  const auto names = output(cluster, {"--no-block", "40 + 2"});
  CHECK(std::count(names.begin(), names.end(), '\n') == 2);
  CHECK(cluster.pactor({"pxresult"}).out == "Out[0:1]: 42\nOut[1:1]: 42\n");
  CHECK(cluster.pactor({"pxresult", names.substr(0, names.find('\n'))}).out == "Out[0:1]: 42\n");
  CHECK(json::parse(cluster.pactor({"pxresult", "--json"}).out)[1]["result"] == 42);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(cluster.profile().directory() / "last_px").permissions() ==
        (perms::owner_read | perms::owner_write));
  output(cluster, {"--no-block", "nothing"});
  const auto failed = cluster.pactor({"pxresult"});
  CHECK(failed.exit_code == 1);
  CHECK(failed.err.starts_with("[engines 0, 1]\npx:1:1: error: "));
  const auto late = px(cluster, {"sleep(60)", "--timeout", "0.1"});
  CHECK(late.exit_code == 14);
  CHECK(late.err == "pactor px: px is not done after 0.1 s; it goes on\n");
  // Tasks of the next cluster have the same names.
  REQUIRE(cluster.pactor({"stop"}).exit_code == 0);
  REQUIRE(cluster.pactor({"start", "-n", "1", "--daemonize"}).exit_code == 0);
  const auto gone = cluster.pactor({"pxresult"});
  CHECK(gone.exit_code == 1);
  CHECK(gone.err == "pactor pxresult: the cluster of profile 'default' was started anew since the last px that did not "
                    "block; its results are gone\n");
}

TEST_CASE("of an option that is given again the last counts, also of %pxconfig") {
  const temporary_cluster cluster{2};
  CHECK(output(cluster, {"1", "-t0", "--target", "1", "--json", "--json", "--label=a", "--label=b", "--targets",
                         "0"}) == "[{\"engine\":0,\"count\":1,\"result\":1,\"text\":\"1\",\"type\":\"int32\"}]\n");
  write_file(cluster.directory() / "two words.cpp", "2\n");
  const auto file = "'" + (cluster.directory() / "two words.cpp").string() + "'";
  const auto result = script(cluster, "%pxconfig --target 0 --label \"two words\"\n"
                                      "1\n"
                                      "%px -t 1 --label 'three more words' 1\n"
                                      "%px --file " +
                                          file +
                                          "\n"
                                          "%run " +
                                          file +
                                          " --target 1\n"
                                          "%pxconfig --group-outputs engine\n"
                                          "%pxconfig --reset --targets 1\n"
                                          "%pxconfig\n"
                                          "%px -- 3\n"
                                          "%pxconfig --reset\n"
                                          "%pxconfig\n"
                                          "%px --label 'x\n");
  CHECK(result.out == "Out[0:2]: 1\nOut[1:1]: 1\nOut[0:3]: 2\nOut[1:2]: 2\n--targets 1\nOut[1:3]: 3\n"
                      "no options: %px has its defaults\n");
  CHECK(result.err == "%px: there is no end to the quote '\n");
  CHECK(result.exit_code == 2);
}

TEST_CASE("%pxresult shows what the last C++ gave, and saves nothing again") {
  const temporary_cluster cluster{1};
  const auto place = cluster.directory() / "pictures";
  const auto result = script(cluster, "%px --save " + place.string() +
                                          " --no-block here().display(\"text/plain\", std::string{\"x\"}, \"x\"); 5\n"
                                          "%pxresult\n"
                                          "%pxresult\n");
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "Out[0:1]: 5\nOut[0:1]: 5\n"));
  CHECK(result.err == "[display:0] saved " + (place / "x.txt").string() + " (text/plain, 1 bytes)\n");
  CHECK(std::distance(std::filesystem::directory_iterator{place}, {}) == 1);
  CHECK(script(cluster, "%px --no-block nothing\n%pxresult\n").exit_code == 1);
  write_file(place / "file", "");
  const auto unsaved = script(cluster, "%px --save " + (place / "file").string() +
                                           " here().display(\"text/plain\", std::string{\"x\"}, \"x\");\n%pxresult\n");
  CHECK(unsaved.exit_code == 1);
}

TEST_CASE("the shell reads lines as C++") {
  const temporary_cluster cluster{2};
  const auto result = script(cluster, "#include <map>\n"
                                      "int twice(int x) {\n"
                                      "  return 2 * x;\n"
                                      "}\n"
                                      "struct point { int x, y; };\n"
                                      "k = twice(21)\n"
                                      "%targets 1\n"
                                      "k\n"
                                      "%px --targets 0 k + 1\n"
                                      "%%px -t 0\n"
                                      "point p{1, 2};\n"
                                      "p.y\n"
                                      "\n"
                                      "%time -t0 k\n"
                                      "%noblock\n"
                                      "std::puts(\"later\"); k + 2\n"
                                      "%pxresult\n"
                                      "%pxconfig --block -t 0\n"
                                      "%pxconfig\n"
                                      "k + 3\n");
  CHECK(result.err == "");
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "Out[1:5]: 42\nOut[0:5]: 43\nOut[0:6]: 2\nOut[0:7]: 42\nWall time: "));
  CHECK(contains(result.out, "[stdout:1] later\nOut[1:6]: 44\n--block -t 0\nOut[0:8]: 45\n"));
}

TEST_CASE("who types a command's name as C++ is told") {
  const temporary_cluster cluster{2};
  const auto result = script(cluster, "status\n");
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "[engines 0, 1]\npx:1:1: error: "));
  CHECK(result.err.ends_with("hint: for the command write %status\n"));
}

TEST_CASE("Ctrl-C at a terminal interrupts C++, twice kills") {
  const temporary_cluster cluster{1};
  auto variables = cluster.variables();
  variables.insert(variables.end(), {{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  terminal shell{{PACTOR_TEST_PROGRAM, "shell"}, variables};
  shell.until("pactor[1]> ");
  shell.type("for (;;) {\r");
  CHECK(shell.shows("     ...> "));
  shell.type("  std::this_thread::yield();\r}\r");
  REQUIRE(eventually(30s, [&] { return cluster.client().status().engines.at(0).state == "busy"; }));
  shell.type("\x03");
  CHECK(shell.shows("interrupting; once more at once to kill\n"));
  shell.type("\x03");
  CHECK(shell.shows("killing\n"));
  CHECK(shell.shows("pactor[1]> "));
  REQUIRE(answers(cluster.client(), 0));
  shell.type("6 * 7\r");
  CHECK(shell.shows("Out[0:1]: 42\npactor[1]> "));
  shell.type("\x04");
  CHECK(shell.wait() == 0);
}

TEST_SUITE_END();
