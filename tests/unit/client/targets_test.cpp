#include "pactor/targets.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

using pactor::slice;
using pactor::targets;

namespace {

const std::vector<int> four{0, 1, 2, 3};
const std::vector<int> gaps{0, 2, 5, 6, 9};
using numbers = std::vector<int>;

numbers resolve(const targets& t, const numbers& engines = four) { return t.resolve(engines); }

std::string complaint(const targets& t, const numbers& engines = four) {
  try {
    (void)t.resolve(engines);
  } catch (const pactor::error& e) {
    CHECK(e.code() == pactor::ec::invalid_argument);
    return e.what();
  }
  return "none";
}

} // namespace

TEST_SUITE("targets") {
  TEST_CASE("all means every engine, and is the only lazy form") {
    CHECK(resolve(pactor::all) == four);
    CHECK(resolve("all") == four);
    CHECK(targets{pactor::all}.lazy());
    CHECK(targets{"all"}.lazy());
    CHECK_FALSE(targets{"0:"}.lazy());
    CHECK_FALSE(targets{slice{{}}}.lazy());
  }

  TEST_CASE("a number is an engine's, a negative one counts from the end") {
    CHECK(resolve(2) == numbers{2});
    CHECK(resolve(-1) == numbers{3});
    CHECK(resolve(5, gaps) == numbers{5});
    CHECK(resolve(-2, gaps) == numbers{6});
    CHECK(resolve("-1", gaps) == numbers{9});
  }

  TEST_CASE("a list keeps its order") {
    CHECK(resolve({2, 0}) == numbers{2, 0});
    CHECK(resolve(numbers{0, -1}, gaps) == numbers{0, 9});
    CHECK(resolve("2,0") == numbers{2, 0});
  }

  TEST_CASE("a slice takes positions, not numbers") {
    CHECK(resolve(slice{1, 3}) == numbers{1, 2});
    CHECK(resolve(slice{1, 3}, gaps) == numbers{2, 5});
    CHECK(resolve(slice{{}, {}, 2}) == numbers{0, 2});
    CHECK(resolve(slice{1, {}, 3}, gaps) == numbers{2, 9});
    CHECK(resolve(slice{{}, -3}) == numbers{0});
    CHECK(resolve(slice{-2}) == numbers{2, 3});
    CHECK(resolve(slice{2, 100}) == numbers{2, 3});
    CHECK_THROWS_AS((void)resolve(slice{3, 1}), pactor::no_engines);
    CHECK(resolve("::2") == numbers{0, 2});
    CHECK(resolve("1:3") == numbers{1, 2});
    CHECK(resolve(":-3") == numbers{0});
  }

  TEST_CASE("an engine that is not there is named with those that are") {
    CHECK(complaint(7) == "no engine 7: the engines are 0-3");
    CHECK(complaint({0, 1}, gaps).starts_with("no engine 1: the engines are 0"));
    CHECK(complaint(-5).find("-5") != std::string::npos);
  }

  TEST_CASE("a form that makes no sense is refused") {
    CHECK(complaint("x").find('x') != std::string::npos);
    CHECK(complaint("1:2:3:4") != "none");
    CHECK(complaint("::0") != "none");
    CHECK(complaint(slice{0, 2, 0}) != "none");
  }

  TEST_CASE("targets print as the command line takes them") {
    const auto text = [](const targets& t) {
      std::ostringstream out;
      out << t;
      return out.str();
    };
    CHECK(text(pactor::all) == "all");
    CHECK(text({0, 2}) == "0,2");
    CHECK(text(slice{1, 3}) == "1:3");
    CHECK(text(slice{{}, {}, 2}) == "::2");
    CHECK(text("::2") == "::2");
  }
}
