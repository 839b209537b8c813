#include "pactor/error.hpp"
#include "runtime/launchers/launcher.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

using namespace pactor;
using namespace pactor::launchers;

TEST_CASE("words for a shell are quoted if they have to be") {
  CHECK(shell_word("/opt/pactor-1.0/bin/pactor") == "/opt/pactor-1.0/bin/pactor");
  CHECK(shell_word("--ids=4,5") == "--ids=4,5");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("~/x") == "'~/x'");
  CHECK(shell_word("it's $HOME") == R"('it'\''s $HOME')");
  CHECK(shell_words(std::array<std::string, 2>{"a", "b;c"}) == "a 'b;c'");
}

TEST_CASE("a node is told its engines, and those that it has of the host's cores") {
  order what;
  what.arguments = {"--profile", "lab"};
  what.ids = {4, 5, 6};
  what.host.engines = 3;
  what.host.jobs = {"/opt/jobs"};
  what.host.cores = {"0", "2-3"};
  const std::vector<std::string> all{"node",        "--profile",        "lab",       "--launched",  "-n3",
                                     "--ids=4,5,6", "--jobs=/opt/jobs", "--cores=0", "--cores=2-3", "--cores=0"};
  CHECK(node_arguments(what, what.ids) == all);
  const std::array second{5};
  CHECK(node_arguments(what, second).back() == "--cores=2-3");
  what.host.name = "lab1";
  CHECK(node_arguments(what, what.ids)[4] == "--name=lab1");
  CHECK(node_arguments(what, second)[4] == "-n1"); // one of several, which go by their own names
  what.host.cores.clear();
  CHECK(node_arguments(what, second).back() == "--jobs=/opt/jobs");
}

TEST_CASE("what a node says is told line by line, and its log's lines by their level") {
  std::vector<std::pair<log_level, std::string>> heard;
  line_splitter lines{[&](log_level level, std::string_view text) { heard.emplace_back(level, text); }};
  lines.take("plain\n2026-11-23T02:56:52.123Z [node] warn");
  CHECK(heard.size() == 1);
  lines.take("ing: it: rains\r\n\n2026-11-23T02:56:52.123Z [node] nonsense: x\nlast");
  lines.end();
  REQUIRE(heard.size() == 4);
  CHECK(heard[0] == std::pair{log_level::info, std::string{"plain"}});
  CHECK(heard[1] == std::pair{log_level::warning, std::string{"it: rains"}});
  CHECK(heard[2].second == "2026-11-23T02:56:52.123Z [node] nonsense: x");
  CHECK(heard[3].second == "last");
  CHECK(lines.last().ends_with("nonsense: x\nlast"));
  // A line without an end takes no more memory than a long one.
  heard.clear();
  for (int i = 0; i < 100; ++i) lines.take(std::string(1000, 'x'));
  CHECK(heard.size() == 24);
  CHECK(lines.last().size() <= 2000);
}

TEST_CASE("a launcher that does not exist is told") {
  try {
    (void)make_launcher("telepathy");
    FAIL("there is no such launcher");
  } catch (const error& e) {
    CHECK(e.code() == ec::configuration);
  }
}
