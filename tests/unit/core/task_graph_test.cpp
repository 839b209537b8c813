#include "runtime/core/ended_tasks.hpp"
#include "runtime/core/task_graph.hpp"

#include <doctest/doctest.h>

using namespace pactor::core;
using answer = task_graph::answer;
using condition = task_graph::condition;
using state = task_graph::parent_state;

TEST_SUITE("task_graph") {
  TEST_CASE("a task runs once all of its parents have ended as they should") {
    task_graph g;
    CHECK_FALSE(g.add(7, 1, {.parents = {{10}, {11}, {12, state::succeeded, 0}}}, {}));
    g.ended(1, 10, true, 0);
    g.ended(2, 11, true, 0); // another client's
    CHECK(g.decided().empty());
    g.ended(1, 11, true, 3);
    const auto d = g.decided();
    REQUIRE(d.size() == 1);
    CHECK(d[0].ticket == 7);
    CHECK(d[0].what == answer::run);
    CHECK_FALSE(d[0].on);
    CHECK(g.empty());
  }

  TEST_CASE("a parent that ended otherwise makes it impossible at once, whatever else is open") {
    task_graph g;
    CHECK_FALSE(g.add(7, 1, {.parents = {{10}, {11}}}, {}));
    g.ended(1, 11, false, 0);
    const auto d = g.decided();
    REQUIRE(d.size() == 1);
    CHECK(d[0].what == answer::contradicted);
    CHECK(d[0].parent == 11);
    g.ended(1, 10, true, 0);
    CHECK(g.decided().empty());
    CHECK(g.add(8, 1, {.parents = {{5, state::failed}, {6}}}, {})->what == answer::contradicted);
  }

  TEST_CASE("success, failure, all and any") {
    const auto decide = [](condition c, bool first, bool second) {
      task_graph g;
      c.parents = {{1}, {2}};
      CHECK_FALSE(g.add(7, 1, c, {}));
      g.ended(1, 1, first, 0);
      g.ended(1, 2, second, 0);
      return g.decided().at(0).what == answer::run;
    };
    CHECK(decide({.failure = true}, true, false));
    CHECK(decide({.success = false, .failure = true}, false, false));
    CHECK_FALSE(decide({.success = false, .failure = true}, false, true));
    CHECK(decide({.all = false}, false, true));
    CHECK_FALSE(decide({.all = false}, false, false));
    CHECK(decide({.all = false, .success = false, .failure = true}, true, false));
  }

  TEST_CASE("any one is enough, at once") {
    task_graph g;
    CHECK_FALSE(g.add(7, 1, {.parents = {{1}, {2}}, .all = false}, {}));
    g.ended(1, 2, true, 0);
    CHECK(g.decided().at(0).what == answer::run);
    CHECK(g.add(8, 1, {}, {})->what == answer::run);
  }

  TEST_CASE("a task that follows others runs where they did") {
    task_graph g;
    CHECK(g.add(1, 1, {}, {.parents = {{5, state::succeeded, 3}, {6, state::succeeded, 3}}})->on == std::vector{3});
    CHECK(g.add(2, 1, {}, {.parents = {{5, state::succeeded, 3}, {6, state::succeeded, 4}}})->what ==
          answer::scattered);
    CHECK(g.add(3, 1, {}, {.parents = {{5, state::succeeded, 4}, {6, state::succeeded, 3}, {7}}, .all = false})->on ==
          std::vector{3, 4});
    const auto d = g.add(4, 1, {}, {.parents = {{9, state::failed, -1}}, .success = false, .failure = true});
    CHECK(d->what == answer::without_place);
    CHECK(d->parent == 9);
    CHECK_FALSE(g.add(5, 1, {.parents = {{8}}}, {.parents = {{5, state::succeeded, 3}}}));
    g.ended(1, 8, true, 0);
    CHECK(g.decided().at(0).on == std::vector{3});
  }

  TEST_CASE("what ended before its parents did leaves nothing, however long those take") {
    task_graph g;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      CHECK_FALSE(g.add(i, 1, {.parents = {{5'000}, {6'000 + i}}}, {.parents = {{5'000}}}));
      if (i % 3 != 0) g.drop(i);
      CHECK(g.size() <= 3 * (4 + i / 3 * 2));
    }
    CHECK(g.watches(1, 5'000));
    CHECK(g.watches(1, 6'003));
    CHECK_FALSE(g.watches(1, 6'004));
    g.drop(1); // again
    for (std::uint64_t i = 3; i <= 1000; i += 3) g.drop(i);
    CHECK(g.empty());
    CHECK(g.size() == 0);

    CHECK_FALSE(g.add(1, 1, {.parents = {{10}, {11}}, .all = false}, {}));
    g.ended(1, 10, true, 0);
    CHECK(g.decided().size() == 1);
    CHECK(g.size() == 0); // nor does what was decided
    CHECK(g.add(2, 1, {.parents = {{5, state::failed}, {6}}}, {}));
    CHECK(g.size() == 0);
  }

  TEST_CASE("a client that left leaves nothing") {
    task_graph g;
    CHECK_FALSE(g.add(1, 1, {.parents = {{10}}}, {}));
    CHECK_FALSE(g.add(2, 2, {.parents = {{10}}}, {}));
    CHECK(g.watches(1, 10));
    g.client_gone(1);
    CHECK_FALSE(g.watches(1, 10));
    g.ended(1, 10, true, 0);
    CHECK(g.decided().empty());
    g.ended(2, 10, true, 0);
    CHECK(g.decided().size() == 1);
  }

  TEST_CASE("of a client's ended tasks the last ones are known") {
    ended_tasks all;
    auto& mine = *all.of(3);
    CHECK_FALSE(mine.find(0));
    for (std::uint64_t i = 0; i < ended_tasks::most + 10; ++i) mine.note(i, {i % 2 == 0, static_cast<int>(i % 5)});
    CHECK_FALSE(mine.find(9));
    CHECK(mine.find(10) == ended_tasks::end{true, 0});
    CHECK(mine.find(ended_tasks::most + 9) == ended_tasks::end{false, 0});
    CHECK_FALSE(all.of(4)->find(10));
  }
}
