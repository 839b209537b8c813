// How a library that a client sent takes over: on all hosts or on none.

#include "runtime/core/library_rollout.hpp"

#include <doctest/doctest.h>

using namespace pactor::core;
using step = library_rollout::step;

namespace {

constexpr std::uint64_t plenty = 1 << 20;

shipped_library build(const std::string& hash, const std::string& file = "libnum.so") {
  return {file, hash, 100, "alice@laptop", 1, {}};
}

/// "stage 1 a, use 2 b, done 7": what is to be told, in short.
std::string words(const library_rollout::actions& all) {
  std::string text;
  for (const auto& a : all) {
    constexpr const char* names[] = {"stage", "use", "drop", "done", "unusable", "unchanged"};
    text += (text.empty() ? "" : ", ") + std::string{names[static_cast<int>(a.what)]} + " " +
            std::to_string(a.what < step::done ? a.node : a.who) + " " + a.library.hash;
    for (const auto& w : a.why) text += ": " + w;
  }
  return text;
}

struct two_nodes {
  library_rollout all;
  two_nodes() {
    CHECK(words(all.node_joined(1, "A")).empty());
    CHECK(words(all.node_joined(2, "B")).empty());
  }
  /// A library that all nodes take.
  void take(const shipped_library& l) {
    (void)all.push(99, l);
    for (const auto n : {1, 2}) (void)all.verdict(n, l.hash, true, "");
    for (const auto n : {1, 2}) (void)all.in_use(n, l.hash);
  }
};

} // namespace

TEST_SUITE("library rollout") {
  TEST_CASE_FIXTURE(two_nodes, "a library is used when every node can, and its sender told when every node does") {
    CHECK(words(all.push(7, build("a"))) == "stage 1 a, stage 2 a");
    CHECK(all.current().empty());
    CHECK(all.wanted("a"));
    CHECK(words(all.verdict(1, "a", true, "")).empty());
    CHECK(words(all.verdict(1, "a", true, "")).empty()); // twice is once
    CHECK(words(all.verdict(2, "a", true, "")) == "use 1 a, use 2 a");
    CHECK(words(all.in_use(2, "a")).empty());
    CHECK(words(all.in_use(1, "a")) == "done 7 a");
    REQUIRE(all.current().size() == 1);
    CHECK(all.current()[0].origin == "alice@laptop");
  }

  TEST_CASE_FIXTURE(two_nodes, "one host that can't use it: nothing changes, and every such host says why") {
    take(build("old"));
    (void)all.push(7, build("new"));
    CHECK(words(all.verdict(2, "new", false, "needs libfoo.so.3, not found on host B")).empty());
    CHECK(words(all.verdict(1, "new", true, "")) == "unusable 7 new: needs libfoo.so.3, not found on host B");
    REQUIRE(all.current().size() == 1);
    CHECK(all.current()[0].hash == "old");
    CHECK_FALSE(all.wanted("new"));
  }

  TEST_CASE_FIXTURE(two_nodes, "a newer build takes the place of the older, the same one changes nothing") {
    take(build("a"));
    take(build("x", "libother.so"));
    take(build("b"));
    REQUIRE(all.current().size() == 2);
    CHECK(all.current()[0].hash == "x");
    CHECK(all.current()[1].hash == "b");
    CHECK(words(all.push(7, build("b"))) == "unchanged 7 b");
    take(build("a")); // and back
    CHECK(all.current()[1].hash == "a");
  }

  TEST_CASE_FIXTURE(two_nodes, "one after the other") {
    (void)all.push(7, build("a"));
    CHECK(words(all.push(8, build("b"))).empty());
    (void)all.verdict(1, "a", true, "");
    (void)all.verdict(2, "a", true, "");
    (void)all.in_use(1, "a");
    CHECK(words(all.in_use(2, "a")) == "done 7 a, stage 1 b, stage 2 b");
    CHECK(words(all.verdict(1, "a", false, "late")).empty());
  }

  TEST_CASE_FIXTURE(two_nodes, "nodes that come and go meanwhile") {
    (void)all.push(7, build("a"));
    CHECK(words(all.node_joined(3, "C")) == "stage 3 a");
    (void)all.verdict(1, "a", true, "");
    (void)all.verdict(3, "a", true, "");
    CHECK(words(all.node_gone(2)) == "use 1 a, use 3 a");
    CHECK(words(all.node_joined(4, "D")).empty()); // it is told of what is current
    (void)all.in_use(1, "a");
    CHECK(words(all.node_gone(3)) == "done 7 a");
  }

  TEST_CASE("without nodes a library waits for the first") {
    library_rollout all;
    CHECK(words(all.push(7, build("a"))) == "done 7 a");
    CHECK(all.current().size() == 1);
    CHECK(words(all.node_joined(1, "A")).empty());
    CHECK(words(all.verdict(1, "a", false, "it needs another machine")).empty());
    CHECK(all.current()[0].unfit.at("A") == "it needs another machine");
    CHECK(words(all.node_gone(1)).empty());
    CHECK(all.current()[0].unfit.empty());
  }

  TEST_CASE_FIXTURE(two_nodes, "what is removed is used no more") {
    take(build("a"));
    CHECK(words(all.remove("libnum.so")) == "drop 1 a, drop 2 a, done 0 a");
    CHECK(all.current().empty());
    CHECK(words(all.remove("libnum.so")).empty());
  }

  TEST_CASE_FIXTURE(two_nodes, "a node that says nothing is not waited for without end") {
    take(build("old"));
    (void)all.push(7, build("new"));
    (void)all.push(8, build("x", "libother.so"));
    (void)all.verdict(1, "new", true, "");
    for (int i = 1; i < library_rollout::patience; ++i) CHECK(words(all.tick()).empty());
    all.heard_from(2); // it asks for a part: large libraries take their time
    for (int i = 1; i < library_rollout::patience; ++i) CHECK(words(all.tick()).empty());
    CHECK(words(all.tick()) == "unusable 7 new: host B has not answered for 30 s, stage 1 x, stage 2 x");
    CHECK(all.current()[0].hash == "old");

    SUBCASE("its late answer changes nothing") {
      CHECK(words(all.verdict(2, "new", true, "")).empty());
      CHECK(words(all.in_use(2, "new")).empty());
      (void)all.verdict(1, "x", true, "");
      CHECK(words(all.verdict(2, "x", true, "")) == "use 1 x, use 2 x");
    }
    SUBCASE("it may go") {
      CHECK(words(all.node_gone(2)).empty());
      CHECK(words(all.verdict(1, "x", true, "")) == "use 1 x");
      CHECK(words(all.in_use(1, "x")) == "done 8 x");
      CHECK_FALSE(all.waiting());
    }
  }

  TEST_CASE_FIXTURE(two_nodes, "a node that does not say that it uses a library") {
    (void)all.push(7, build("a"));
    for (const auto n : {1, 2}) (void)all.verdict(n, "a", true, "");
    (void)all.in_use(1, "a");
    for (int i = 1; i < library_rollout::patience; ++i) CHECK(words(all.tick()).empty());
    CHECK(words(all.tick()) ==
          "done 7 a: host B has it, but has not said for 30 s that its tasks use it; the others do");
    CHECK(all.current().at(0).unfit.contains("B"));
    CHECK_FALSE(all.waiting());
    CHECK(words(all.in_use(2, "a")).empty()); // late
    CHECK(all.current()[0].unfit.empty());
  }

  TEST_CASE_FIXTURE(two_nodes, "there is an end to what it takes") {
    take(build("a"));
    CHECK(all.full(build("b", "libb.so"), plenty).empty());
    CHECK(all.full(build("b", "libb.so"), 199).find("shipping.cache_mb") != std::string::npos);
    CHECK(all.full(build("b"), 100).empty()); // it takes the place of the other
    auto endless = build("b", "libb.so");
    endless.size = UINT64_MAX; // its sum with others would be small
    CHECK(all.full(endless, plenty).find("larger than all") != std::string::npos);
    CHECK(all.full(build("a", "libb.so"), plenty) == "libb.so is what the cluster has as libnum.so already");
    for (std::size_t i = 0; i < library_rollout::most_waiting; ++i) (void)all.push(i, build("n" + std::to_string(i)));
    CHECK(all.full(build("b"), plenty).find("try again") != std::string::npos);
  }
}
