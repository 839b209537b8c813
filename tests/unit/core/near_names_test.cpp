#include "runtime/core/near_names.hpp"

#include <doctest/doctest.h>

using pactor::core::near_names;
using names = std::vector<std::string>;

TEST_SUITE("near_names") {
  TEST_CASE("a typing slip finds the name") {
    const names jobs{"power10", "add_ab", "hello", "stats.local_sum"};
    CHECK(near_names("powr10", jobs) == names{"power10"});
    CHECK(near_names("power100", jobs) == names{"power10"});
    CHECK(near_names("add_an", jobs) == names{"add_ab"});
    CHECK(near_names("helo", jobs) == names{"hello"});
  }
  TEST_CASE("swapped neighbours count as one slip") {
    CHECK(near_names("pwo", {"pow", "pxx"}) == names{"pow"});
    CHECK(near_names("ab", {"ba"}) == names{"ba"});
  }
  TEST_CASE("case is no difference") { CHECK(near_names("POWER10", {"power10"}) == names{"power10"}); }
  TEST_CASE("a part of a name finds it, after close names") {
    CHECK(near_names("local_sum", {"stats.local_sum", "local_sub"}) == names{"local_sub", "stats.local_sum"});
    CHECK(near_names("power", {"superpower.of.ten"}) == names{"superpower.of.ten"});
    CHECK(near_names("po", {"superpower"}).empty());
  }
  TEST_CASE("best first, at most three, each once") {
    CHECK(near_names("sum", {"sums", "summ", "sun", "xsum", "sum_", "sun"}) == names{"sun", "sum_", "summ"});
  }
  TEST_CASE("nothing near finds nothing") {
    CHECK(near_names("fourier", {"power10", "add_ab"}).empty());
    CHECK(near_names("x", {"y"}).empty());
    CHECK(near_names("", {"y", ""}).empty());
    CHECK(near_names("x", {}).empty());
  }
  TEST_CASE("absurdly long names cost nothing") {
    CHECK(near_names(std::string(100'000, 'a'), {std::string(100'000, 'a')}).empty());
  }
}
