#include "runtime/core/outcome_ledger.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::core;

namespace {
detail::slice frame(std::size_t size) { return detail::slice{detail::bytes::allocate(size)}; }
} // namespace

TEST_SUITE("outcome_ledger") {
  TEST_CASE("what is not acknowledged is left for the next connection, in order") {
    outcome_ledger l;
    for (std::uint64_t i = 1; i <= 4; ++i) {
      if (i != 3) l.note({7, i}); // the third holds output only
      CHECK(l.leaves(frame(10)));
    }
    l.acknowledged(1);
    CHECK(l.bytes() == 20);
    l.mute();
    l.note({7, 5});
    CHECK_FALSE(l.leaves(frame(10)));
    const auto left = l.resume();
    REQUIRE(left.size() == 3);
    CHECK(left[0].owners == std::vector{owner{7, 2}});
    CHECK(left[1].owners == std::vector{owner{7, 4}});
    CHECK(left[2].owners == std::vector{owner{7, 5}});
    CHECK(l.bytes() == 0);
    CHECK_FALSE(l.forgot());
    l.note({7, 2});
    CHECK(l.leaves(frame(10)));
    l.acknowledged(1); // numbers began anew
    CHECK(l.bytes() == 0);
  }

  TEST_CASE("what tasks say is kept only while nobody hears it") {
    outcome_ledger l;
    CHECK(l.leaves(frame(10)));
    CHECK(l.bytes() == 0);
    l.mute();
    CHECK_FALSE(l.leaves(frame(10)));
    CHECK(l.bytes() == 10);
    const auto left = l.resume();
    REQUIRE(left.size() == 1);
    CHECK(left[0].unsent);
    CHECK(left[0].owners.empty());
    CHECK(l.left() == 0);
    CHECK(l.leaves(frame(10)));
    CHECK(l.left() == 1);
  }

  TEST_CASE("it is bounded, and knows as long as it matters that it forgot something") {
    outcome_ledger l{25};
    for (std::uint64_t i = 1; i <= 4; ++i) {
      l.note({7, i});
      static_cast<void>(l.leaves(frame(10)));
    }
    CHECK(l.bytes() == 20);
    CHECK(l.forgot());
    l.acknowledged(1);
    CHECK(l.forgot());
    l.acknowledged(2);
    CHECK_FALSE(l.forgot());
    CHECK(l.bytes() == 20);
    l.acknowledged(4);
    CHECK(l.bytes() == 0);
  }
}
