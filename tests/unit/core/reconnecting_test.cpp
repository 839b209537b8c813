#include "runtime/core/reconnecting.hpp"
#include "runtime/core/supervision.hpp"

#include <doctest/doctest.h>

using namespace pactor::core;
using namespace std::chrono_literals;

TEST_SUITE("reconnecting") {
  TEST_CASE("the first attempt is at once, the waits grow, and it ends at its limit") {
    std::mt19937 chance{1};
    reconnecting::time_point now{};
    reconnecting r{now, 2s};
    CHECK(r.next(now, chance) == 0ns);
    std::chrono::nanoseconds longest{0};
    int attempts = 1;
    while (const auto wait = r.next(now, chance)) {
      CHECK(*wait > 0ns);
      longest = std::max(longest, *wait);
      now += *wait;
      REQUIRE(++attempts < 100);
    }
    CHECK(now == reconnecting::time_point{} + 2s);
    CHECK(longest <= 500ms);
    CHECK(longest >= 100ms);
  }

  TEST_CASE("a limit of nothing is no attempt at all") {
    std::mt19937 chance{1};
    CHECK_FALSE(reconnecting({}, 0ms).next({}, chance));
  }

  TEST_CASE("who is refused for long gives up; a moment may be a change of credentials") {
    const reconnecting::time_point start{};
    reconnecting r{start, 1h};
    CHECK_FALSE(r.hopeless(start + 1s));
    CHECK_FALSE(r.hopeless(start + 1s + reconnecting::refusal_patience / 2));
    CHECK(r.hopeless(start + 1s + reconnecting::refusal_patience));
  }

  TEST_CASE("every child of the table has limits") {
    for (const auto& row : supervision_table) CHECK(supervision_of(row.child).limits().intensity > 0);
  }
}
