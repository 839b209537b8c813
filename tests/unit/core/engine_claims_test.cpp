// Whose the numbers of engines are.

#include "runtime/core/engine_claims.hpp"

#include <doctest/doctest.h>

using pactor::core::engine_claims;

TEST_SUITE("engine claims") {
  TEST_CASE("a number is free until someone has it, and then for a while after it was lost") {
    const engine_claims::time_point start{};
    const auto later = start + engine_claims::protection;
    engine_claims claims;
    CHECK(claims.free_for_all(3, start));
    claims.joined(3, false);
    CHECK_FALSE(claims.free_for_all(3, later));
    claims.lost(3, start);
    CHECK_FALSE(claims.free_for_all(3, later - std::chrono::seconds{1}));
    CHECK(claims.free_for_all(3, later));
    claims.joined(3, true); // its node is back, with the key that it was given
    claims.lost(3, later);
    CHECK(claims.free_for_all(3, later + engine_claims::protection)); // it was asked for without one at first
    CHECK(claims.free_for_all(4, start));
  }

  TEST_CASE("what was given with its key is nobody else's, ever") {
    const engine_claims::time_point start{};
    engine_claims claims;
    claims.joined(3, true);
    claims.lost(3, start);
    CHECK_FALSE(claims.free_for_all(3, start + std::chrono::hours{1000}));
  }

  TEST_CASE("after a restart those that were there are protected for a while") {
    const engine_claims::time_point start{};
    engine_claims claims;
    claims.lost(3, start);
    CHECK_FALSE(claims.free_for_all(3, start));
    CHECK(claims.free_for_all(3, start + engine_claims::protection));
  }

  TEST_CASE("there is an end to what is remembered, and then nothing is free") {
    engine_claims claims;
    for (int i = 0; i <= static_cast<int>(engine_claims::most); ++i) claims.joined(i, true);
    CHECK_FALSE(claims.free_for_all(1'000'000, {}));
  }
}
