#include "tests/support/caught.hpp"
#include "tests/unit/client/fake_session.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {

/// Engines that echo what they are to execute.
std::shared_ptr<fake_session> echoing() {
  auto s = std::make_shared<fake_session>(2);
  s->add_job("pactor.execute", "", [](auto&, auto args) -> value {
    const auto code = args[0].template as<std::string>();
    if (code == "(") {
      failure f;
      f.code = ec::compile_error;
      f.what = "px:1:1: error: expected ')'";
      throw task_error{f};
    }
    return value::map{{"count", 3}, {"has_result", true}, {"value", code}, {"text", args[1]}, {"type", "string"}};
  });
  return s;
}

} // namespace

TEST_SUITE_BEGIN("execute");

TEST_CASE("code goes to every engine of a view, and its results come back as values") {
  const auto c = client_of(echoing());
  const auto results = c[all].execute("1 + 1").get();
  REQUIRE(results.size() == 2);
  CHECK(results[1].count == 3);
  CHECK(results[1].has_result);
  CHECK(results[1].result == value{"1 + 1"});
  CHECK(results[1].text == "px");
  CHECK(results[1].type == "string");
  const executed one = c[0].execute("2", {.name = "cell"}).get();
  CHECK(one.text == "cell");
  CHECK(c.load_balanced_view().execute("3").get().result == value{"3"});
}

TEST_CASE("a file is executed under its own name") {
  const scratch_directory scratch;
  const auto file = scratch.write("code.cpp", "x = 1;\n");
  const auto c = client_of(echoing());
  const auto r = c[0].run(file).get();
  CHECK(r.result == value{"x = 1;\n"});
  CHECK(r.text == file.string());
  CHECK(caught<error>([&] { c[0].run(scratch.path() / "none.cpp"); })->code() == ec::system);
  CHECK(caught<error>([&] { c[0].run(scratch.write("large.cpp", std::string((1 << 20) + 1, ' '))); })->code() ==
        ec::too_large);
}

TEST_CASE("code that does not compile is an error of its own") {
  const auto c = client_of(echoing());
  const auto alone = caught<compile_error>([&] { c[0].execute("(").get(); });
  REQUIRE(alone);
  CHECK(alone->info().what == "px:1:1: error: expected ')'");
  CHECK(caught<composite_error>([&] { c[all].execute("(").get(); })->failures().size() == 2);
  CHECK(caught<composite_error>([&] { c[all].set_block(true).execute("("); }));
}

TEST_SUITE_END();
