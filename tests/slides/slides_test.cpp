// Every program of the slides runs, and prints the slides' lines; each checks its values itself.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;

namespace {

struct lesson {
  std::string name;
  std::vector<std::string> lines; ///< some of those that it prints
};

const std::vector<lesson>& lessons() {
  static const std::vector<lesson> all{
      {"getting_started", {"[0, 1, 2, 3]", "['Hello World!', 'Hello World!', 'Hello World!', 'Hello World!']"}},
      {"direct_map", {"[0, 1, 1024, 59049, 1048576, 9765625, 60466176]", "[stdout:3] "}},
      {"apply", {"<async_result(add_ab): ", "[40, 40, 40, 40]", "[0, 1, 2, 3]\n[1, 2]"}},
      {"even_engines", {"[13, -1, 13, -1]"}},
      {"async_and_wait", {"[40, 40, 40, 40]", "False\nFalse\nTrue\n"}},
      {"push_pull", {"[1.03234, 1.03234, 1.03234, 1.03234]", "(1.03234, 3453)", "\n3453\n", "['foo', 'bar']"}},
      {"scatter_gather", {"[14, 15, 16, 17, 18, 19, 20]", "[[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]"}},
      {"remote_functions", {"'Hello world from 0 out of 4 !'", "'Hello world from 3 out of 4 !'"}},
      {"dictionary", {"{'three': 3, 'ninety': 90, 'two': 2, 'one': 1}", "[(1, 90), (1, 90), (1, 90), (1, 90)]"}},
      {"variance",
       {"Partial sum [21, 70, 119, 168]", "Mean 13.5", "Partial variance sum [799.75, 113.75, 113.75, 799.75]",
        "Variance = 65.25", "8.077747210701755"}},
      {"synchronisation", {"False\n[0, 1, 2, 3]\nTrue\n[0, 1, 2, 3]\n"}},
      {"pmul", {"30720\nserial run time: ", "parallel run time: "}},
      {"speed_up", {"511984000\nparallel run time: ", "511984000\nserial run time: "}},
      {"load_balanced", {"5118400.0\ndirect view run time: ", "19840.0\ndirect view run time: "}},
      {"printing", {"[stdout:3] Hello world!", "[stdout:2] I am even", "Out[3]: "}},
  };
  return all;
}

run_result take(const lesson& l, const pactor_home& home) {
  return run({(std::filesystem::path{PACTOR_TEST_SLIDES} / l.name).string()}, home.variables());
}

} // namespace

TEST_CASE("the programs of the slides end well, and print the slides' lines") {
  const temporary_cluster cluster{{.engines = 4, .test_jobs = false}};
  for (const auto& l : lessons()) {
    CAPTURE(l.name);
    const auto result = take(l, cluster);
    CAPTURE(result.out);
    CHECK(result.err == "");
    CHECK(result.exit_code == 0);
    for (const auto& line : l.lines) {
      CAPTURE(line);
      CHECK(contains(result.out, line));
    }
  }
}

TEST_CASE("a program of the slides says what is wrong") {
  const temporary_cluster two{{.engines = 2, .test_jobs = false}};
  const auto wrong = take({"getting_started", {}}, two);
  CHECK(wrong.exit_code == 1);
  CHECK(contains(wrong.err, "[0, 1] should be [0, 1, 2, 3]"));
  CHECK(contains(wrong.err, "pactor start -n 4"));
  const pactor_home nowhere;
  CHECK(take({"getting_started", {}}, nowhere).exit_code == 1);
}
