#include "runtime/core/recovery.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace pactor::core;

namespace {
constexpr std::array engines{0, 1};
constexpr std::array<std::uint32_t, 1> clients{7};
recovery::run run_of(std::uint32_t client, std::uint64_t number, std::uint64_t id, int engine) {
  return {{client, number}, id, engine};
}
} // namespace

TEST_SUITE("recovery") {
  TEST_CASE("it waits for all engines and clients that were there") {
    recovery r;
    CHECK_FALSE(r.open());
    r.expect(engines, clients);
    CHECK(r.open());
    r.node_told(std::array{0}, {}, false);
    r.client_told(7);
    CHECK_FALSE(r.complete());
    CHECK_FALSE(r.certain());
    CHECK(r.certain(0));
    CHECK_FALSE(r.certain(1));
    r.node_told(std::array{1}, {}, false);
    CHECK(r.complete());
    CHECK(r.certain());
  }

  TEST_CASE("a task that a node holds is claimed once, and known by both ids until it ended") {
    recovery r;
    r.expect(engines, clients);
    r.node_told(engines, {run_of(7, 1, 100, 0)}, false);
    CHECK_FALSE(r.claim({7, 2}));
    CHECK_FALSE(r.claim({8, 1}));
    CHECK(r.unclaimed(100, 0));
    const auto run = r.claim({7, 1});
    REQUIRE(run);
    CHECK_FALSE(r.claim({7, 1}));
    CHECK_FALSE(r.unclaimed(100, 0));
    r.adopted(*run, 5);
    CHECK(r.ours(100, 0) == 5);
    CHECK(r.ours(100, 1) == 100); // another engine's
    CHECK(r.theirs(5) == 100);
    CHECK_FALSE(r.idle());
    r.ended(100, 0);
    CHECK(r.ours(100, 0) == 100);
    CHECK(r.idle());
  }

  TEST_CASE("what a client that is back does not claim is unwanted; an absent one's is kept until it is too late") {
    recovery r;
    r.expect(engines, std::array<std::uint32_t, 2>{7, 8});
    r.node_told(engines, {run_of(7, 1, 100, 0), run_of(8, 1, 101, 1)}, false);
    r.client_told(7);
    const auto now = r.unwanted(false);
    REQUIRE(now.size() == 1);
    CHECK(now[0].id == 100);
    CHECK(r.unwanted(true).size() == 1);
    CHECK(r.idle());
  }

  TEST_CASE("what nodes hold for a client that was given up before is not wanted") {
    recovery r;
    r.expect(engines, clients);
    r.node_told(engines, {run_of(7, 1, 100, 0), run_of(8, 1, 101, 1)}, false);
    const auto now = r.unwanted(false);
    REQUIRE(now.size() == 1);
    CHECK(now[0].id == 101);
  }

  TEST_CASE("an engine that was lost before is not waited for, and what nobody has may have run there") {
    recovery r;
    r.expect(engines, clients, std::array{4});
    r.client_told(7);
    r.node_told(engines, {}, false);
    CHECK(r.complete());
    CHECK_FALSE(r.certain());
    CHECK_FALSE(r.certain(4));
    CHECK(r.certain(0));
    SUBCASE("until it is back") {
      r.node_told(std::array{4}, {}, false);
      CHECK(r.certain());
    }
    SUBCASE("also if another one has its place") {
      r.node_told(std::array{4}, {}, true);
      CHECK_FALSE(r.certain());
    }
  }

  TEST_CASE("an engine that was given up, and came back before its controller died, does not know all that it ran") {
    recovery r;
    r.expect(engines, clients, std::array{1});
    r.client_told(7);
    r.node_told(engines, {}, false);
    CHECK(r.complete());
    CHECK_FALSE(r.certain());
    CHECK_FALSE(r.certain(1));
    CHECK(r.certain(0));
  }

  TEST_CASE("a client that is cut off before it can claim is waited for again, and so is what nodes hold for it") {
    recovery r;
    r.expect(engines, clients);
    r.client_told(7);
    r.client_told(8);
    r.node_told(engines, {run_of(7, 1, 100, 0)}, false);
    CHECK(r.complete());
    r.client_lost(7);
    CHECK_FALSE(r.complete());
    CHECK(r.unwanted(false).empty());
    r.close();
    r.client_lost(8); // nobody waits for it any more
    r.client_told(7);
    CHECK(r.complete());
    CHECK(r.claim({7, 1}));
  }

  TEST_CASE("of several runs of a task one that goes on counts, and what is still to be claimed is not unwanted") {
    recovery r;
    r.expect(engines, clients);
    auto ended = run_of(7, 1, 100, 0);
    ended.runs = false;
    r.node_told(std::array{0}, {ended}, false);
    r.node_told(std::array{1}, {run_of(7, 1, 101, 1)}, false);
    r.client_told(7);
    CHECK(r.unwanted(false, [](const owner& o) { return o == owner{7, 1}; }).empty());
    CHECK_FALSE(r.unclaimed(100, 0));
    const auto run = r.claim({7, 1});
    REQUIRE(run);
    CHECK(run->id == 101);
  }

  TEST_CASE("where an engine or an outcome was lost, what nobody has may have run") {
    recovery r;
    r.expect(engines, {});
    r.node_told(engines, {run_of(7, 1, 100, 0), run_of(7, 2, 101, 1)}, false);
    CHECK(r.certain());
    SUBCASE("an engine") { r.engine_lost(0); }
    SUBCASE("an outcome") { r.forgotten(100, 0); }
    CHECK_FALSE(r.claim({7, 1}));
    CHECK_FALSE(r.certain());
    CHECK_FALSE(r.certain(0));
    CHECK(r.certain(1));
    CHECK(r.claim({7, 2}));
  }
}
