#include "runtime/core/engine_table.hpp"
#include "seeds.hpp"

#include <limits>
#include <set>

using namespace pactor::core;
using pactor::test::chance;
using ids = std::vector<int>;

TEST_SUITE("engine_table") {
  TEST_CASE("engines are numbered as they come") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{-1, -1}, ids{11, 12}) == ids{0, 1});
    CHECK(t.node_joined(2, "b", ids{-1}) == ids{2});
    CHECK(t.ids() == ids{0, 1, 2});
    const auto all = t.list();
    REQUIRE(all.size() == 3);
    CHECK(all[1].id == 1);
    CHECK(all[1].host == "a");
    CHECK(all[1].condition.pid == 12);
    CHECK(all[1].condition.state == "starting");
    CHECK(all[2].node == 2);
  }

  TEST_CASE("numbers of engines that are gone are not given to new ones") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{-1, -1}) == ids{0, 1});
    CHECK(t.node_gone(1) == ids{0, 1});
    CHECK(t.node_gone(1).empty());
    CHECK(t.node_joined(2, "a", ids{-1}) == ids{2});
    CHECK(t.next() == 3);
  }

  TEST_CASE("an engine that comes back keeps its number") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{-1, -1}) == ids{0, 1});
    CHECK(t.node_gone(1) == ids{0, 1});
    CHECK(t.node_joined(2, "a", ids{1, 0, -1}) == ids{1, 0, 2});
  }

  TEST_CASE("engines of an earlier controller keep their numbers in this one") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{-1, 7, 0}) == ids{8, 7, 0});
    CHECK(t.node_joined(2, "b", ids{-1}) == ids{9});
    CHECK(engine_table{5}.node_joined(1, "a", ids{-1}) == ids{5});
  }

  TEST_CASE("a number that is taken, asked for twice or absurd is not honoured") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{3, 3}) == ids{3, 4});
    CHECK(t.node_joined(2, "b", ids{3, std::numeric_limits<int>::max(), -7}) == ids{5, 6, 7});
  }

  TEST_CASE("a node joins once") {
    engine_table t;
    CHECK(t.node_joined(1, "a", ids{-1}) == ids{0});
    CHECK(t.node_joined(1, "a", ids{-1}).empty());
    CHECK(t.size() == 1);
  }

  TEST_CASE("only its node says how an engine is") {
    engine_table t;
    REQUIRE(t.node_joined(1, "a", ids{-1}) == ids{0});
    REQUIRE(t.node_joined(2, "b", ids{-1}) == ids{1});
    const engine_condition busy{"busy", 77, 2, 3, 4, "signal 9"};
    CHECK(t.set_condition(1, 0, busy));
    CHECK_FALSE(t.set_condition(1, 1, busy));
    CHECK_FALSE(t.set_condition(1, 9, busy));
    CHECK(t.find(0)->condition == busy);
    CHECK(t.find(1)->condition == engine_condition{});
    CHECK(t.find(9) == nullptr);
  }

  TEST_CASE("in any order of joins and losses numbers are unique and never come back by themselves") {
    pactor::test::for_seeds(1000, [](chance& c) {
      engine_table t;
      std::set<int> present, ever;
      std::vector<std::pair<std::uint64_t, std::set<int>>> nodes;
      for (std::uint64_t step = 0; step < 60; ++step) {
        if (!nodes.empty() && c.one_in(3)) {
          const auto at = nodes.begin() + static_cast<std::ptrdiff_t>(c.below(nodes.size()));
          const auto lost = t.node_gone(at->first);
          REQUIRE(std::set<int>{lost.begin(), lost.end()} == at->second);
          for (const auto id : lost) present.erase(id);
          nodes.erase(at);
        } else {
          ids wishes;
          for (auto n = c.below(4); n > 0; --n) wishes.push_back(static_cast<int>(c.below(40)) - 10);
          const auto got = t.node_joined(step, "h", wishes);
          REQUIRE(got.size() == wishes.size());
          for (std::size_t i = 0; i < got.size(); ++i) {
            REQUIRE(present.insert(got[i]).second);
            REQUIRE((got[i] == wishes[i] || ever.count(got[i]) == 0));
          }
          ever.insert(got.begin(), got.end());
          nodes.emplace_back(step, std::set<int>{got.begin(), got.end()});
        }
        REQUIRE(t.ids() == ids{present.begin(), present.end()});
      }
    });
  }
}
