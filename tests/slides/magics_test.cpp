// The slides' section on magic commands, typed into `pactor shell`.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>

using namespace pactor;
using namespace pactor::test;

namespace {

/// A line for each engine: `{}` stands for its number.
std::string each(const std::string& line, std::initializer_list<int> engines = {0, 1, 2, 3}) {
  std::string all;
  for (const auto engine : engines) {
    auto one = line;
    for (auto at = one.find("{}"); at != one.npos; at = one.find("{}")) one.replace(at, 2, std::to_string(engine));
    all += one;
  }
  return all;
}

} // namespace

TEST_CASE("the slides' magic commands print what the slides show") {
  const temporary_cluster cluster{{.engines = 4, .test_jobs = false}};
  // In a directory of its own: the picture is saved there.
  const auto result = run({"/bin/sh", "-c", "cd \"$1\" && exec \"$0\" shell --strict < \"$2\"", PACTOR_TEST_PROGRAM,
                           cluster.directory().string(), PACTOR_TEST_MAGICS},
                          cluster.variables());
  CAPTURE(result.out);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  // What engines say comes in any order; the results do not.
  const std::string number = R"(-?\d+(\.\d+)?(e-?\d+)?)";
  const std::string said = R"(\[stdout:\d\] )";
  // Several lines that come at once stand below their engine's head.
  const std::string matrix = R"(\[stdout:\d\]\s\[\[.*\]\n(\[stdout:\d\] )? \[.*\]\]\n)";
  const std::regex expected{R"(\[21,70,119,168\]\n)"
                            "(" +
                            said +
                            "Hello world!\n){4}"
                            "(" +
                            matrix + "){4}" + each(R"(Out\[{}:6\]: .*)" + number + ".*" + number + ".*\n") + "(" +
                            said + "I am even\n){2}" + each(R"(\d+\.\d+(\.\d+)?\n)") + // the tasks' names
                            each(R"(Out\[{}:\d+\]: )" + number + "\n")};
  CHECK(std::regex_match(result.out, expected));
  for (const auto* line :
       {"[stdout:0] Hello world!\n", "[stdout:3] Hello world!\n", "[stdout:0] I am even\n", "[stdout:2] I am even\n"})
    CHECK(contains(result.out, line));
  CHECK(std::regex_match(result.err, std::regex{R"(\[display:0\] saved .*\.svg \(image/svg\+xml, .*\)\n)"}));
}
