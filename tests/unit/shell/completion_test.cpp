#include "cli/shell/completion.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace pactor::cli::shell;
using names = std::vector<std::string>;

namespace {

const name_sources& sources() {
  static const name_sources all{.commands =
                                    [] {
                                      return names{"pull", "push", "px", "pxresult"};
                                    },
                                .options =
                                    [](const std::string& command) {
                                      return command == "apply" ? names{"--timeout", "--targets"} : names{};
                                    },
                                .jobs =
                                    [] {
                                      return names{"power10", "pmul", "hello"};
                                    },
                                .variables =
                                    [] {
                                      return names{"alpha", "beta"};
                                    },
                                .tasks =
                                    [] {
                                      return names{"1.1", "1.2"};
                                    },
                                .targets =
                                    [] {
                                      return names{"all", "0", "1", "::2"};
                                    },
                                .identifiers =
                                    [] {
                                      return names{"alphabet", "linspace"};
                                    }};
  return all;
}
names completed(std::string_view line, line_kind kind = line_kind::any) {
  return complete(line, kind, sources()).names;
}

} // namespace

TEST_CASE("words of commands are completed by their place") {
  CHECK(completed("%pu") == names{"pull", "push"});
  CHECK(completed("  %%p") == names{"pull", "push", "px", "pxresult"});
  CHECK(completed("%apply po") == names{"power10"});
  CHECK(completed("%apply --timeout 5 h") == names{});
  CHECK(completed("%apply power10 h") == names{});
  CHECK(completed("%apply --t") == names{"--targets", "--timeout"});
  CHECK(completed("%map p") == names{"pmul", "power10"});
  CHECK(completed("%apply power10 2 --targets a") == names{"all"});
  CHECK(completed("%targets ") == names{"0", "1", "::2", "all"});
  CHECK(completed("%pull alpha b") == names{"beta"});
  CHECK(completed("%push al") == names{"alpha="});
  CHECK(completed("%pxresult 1.") == names{"1.1", "1.2"});
  CHECK(completed("%pull alpha") == names{"alpha"}); // as it stands: a blank may follow
  CHECK(completed("%help pul") == names{"pull"});
  CHECK(completed("%engines re") == names{"restart"});
  CHECK(completed("%px --group-outputs e") == names{"engine"});
  CHECK(completed("%nonsense x") == names{});
}

TEST_CASE("without C++ in bare lines, commands need no percent sign") {
  CHECK(completed("pu", line_kind::command) == names{"pull", "push"});
  CHECK(completed("%pu", line_kind::command) == names{"pull", "push"});
  CHECK(completed("  apply po", line_kind::command) == names{"power10"});
  CHECK(completed("apply --t", line_kind::command) == names{"--targets", "--timeout"});
  CHECK(completed("px sum(lin", line_kind::command) == names{"linspace"});
  CHECK(complete("pul", line_kind::command, sources()).typed == 3);
}

TEST_CASE("C++ is completed with variables and what was typed before") {
  CHECK(completed("al") == names{"alpha", "alphabet"});
  CHECK(completed("x = f(be") == names{"beta"});
  CHECK(completed("%px sum(lin") == names{"linspace"});
  CHECK(completed("x.al") == names{});
  CHECK(completed("std::al") == names{});
  CHECK(completed("12") == names{});
  CHECK(completed("") == names{});
  CHECK(completed("%al", line_kind::code) == names{"alpha", "alphabet"}); // in the middle of an expression
  const auto one = complete("be", line_kind::any, sources());
  CHECK(one.typed == 2);
  CHECK_FALSE(one.whole);
  CHECK(complete("%pul", line_kind::any, sources()).whole);
}

TEST_CASE("files are completed, directories with a slash") {
  const pactor::test::temporary_directory place;
  std::filesystem::create_directory(place.path() / "sub");
  for (const auto* name : {"script.cpp", "sum.cpp", ".hidden"}) pactor::test::write_file(place.path() / name, "");
  const auto at = place.path().string() + "/";
  CHECK(completed("%run " + at + "s") == names{at + "script.cpp", at + "sub/", at + "sum.cpp"});
  CHECK(completed("%px --file " + at + "sc") == names{at + "script.cpp"});
  CHECK(completed("%run " + at + ".h") == names{at + ".hidden"});
  CHECK(complete("%run " + at + "sub", line_kind::any, sources()).names == names{at + "sub/"});
  CHECK_FALSE(complete("%run " + at + "sub", line_kind::any, sources()).whole);
  CHECK(completed("%run /no/such/place/") == names{});
}

TEST_CASE("the common beginning ends with a whole character") {
  CHECK(common_beginning({"alpha", "alphabet"}) == "alpha");
  CHECK(common_beginning({"a", "b"}) == "");
  CHECK(common_beginning({"x\xc3\xa4", "x\xc3\xb6"}) == "x");
  CHECK(common_beginning({"one"}) == "one");
}
