// How nodes leave.

#include "runtime/core/draining.hpp"
#include "runtime/core/engine_table.hpp"
#include "runtime/core/task_core.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace pactor::core;
using namespace std::chrono_literals;
using step = draining::step;
using actions = draining::actions;

namespace {

constexpr draining::time_point start{};

/// Balanced tasks of one client, and where they are.
struct balanced {
  task_core core;
  std::uint64_t number = 0;
  std::map<std::uint64_t, task_core::run> given; // by the client's number
  balanced() { core.set_time(start + 1h); }

  std::uint64_t submit(const std::vector<int>& allowed = {}) {
    task_request r;
    r.client = 1;
    r.number = ++number;
    r.allowed = allowed;
    REQUIRE(core.submit(r) == submission::accepted);
    return number;
  }
  void hand_out() {
    while (const auto a = core.next()) given.insert_or_assign(a->task.number, task_core::run{a->id, a->engine});
  }
  int engine_of(std::uint64_t n) const { return given.contains(n) ? given.at(n).engine : -1; }
  void finish(std::uint64_t n) {
    const auto& a = given.at(n);
    CHECK(core.finished(a.id, a.engine, 1s).has_value());
    given.erase(n);
  }
};

} // namespace

TEST_SUITE("draining") {
  TEST_CASE("a node goes when its tasks have ended, counted once more after nothing new can come") {
    draining d;
    CHECK_FALSE(d.any());
    CHECK(d.begin(1, {}) == actions{{step::begin, 1}, {step::count, 1}});
    CHECK(d.drains(1));
    CHECK(d.tick(start).empty()); // it was asked already
    CHECK(d.counted(1, 3).empty());
    CHECK(d.tick(start) == actions{{step::count, 1}});
    CHECK(d.counted(1, 0) == actions{{step::close, 1}, {step::count, 1}});
    CHECK(d.counted(1, 1).empty()); // one had slipped in
    CHECK(d.tick(start) == actions{{step::count, 1}});
    CHECK(d.counted(1, 0) == actions{{step::leave, 1}});
    CHECK(d.tick(start).empty());
    CHECK(d.any());
    CHECK(d.gone(1)->told);
    CHECK_FALSE(d.any());
    CHECK(d.counted(1, 0).empty());
    CHECK_FALSE(d.gone(1));
  }

  TEST_CASE("a node that goes before it is told to may come back") {
    draining d;
    CHECK_FALSE(d.gone(1));
    (void)d.begin(1, start + 5s);
    const auto how = d.gone(1);
    REQUIRE(how);
    CHECK_FALSE(how->told);
    CHECK(how->until == start + 5s);
    (void)d.begin(2, start);
    (void)d.tick(start); // its time is over
    CHECK(d.gone(2)->told);
  }

  TEST_CASE("an answer that nobody waits for is none") {
    draining d;
    (void)d.begin(1, {});
    CHECK(d.counted(1, 5).empty());
    CHECK(d.counted(1, 0).empty());
    CHECK(d.counted(2, 0).empty());
  }

  TEST_CASE("a node that has a limit is cut off then, once, however far it is") {
    draining d;
    (void)d.begin(1, start + 10s);
    (void)d.begin(2, {});
    (void)d.counted(1, 1);
    (void)d.counted(2, 1);
    CHECK(d.tick(start + 9s) == actions{{step::count, 1}, {step::count, 2}});
    CHECK(d.tick(start + 10s) == actions{{step::force, 1}});
    CHECK(d.tick(start + 11s).empty());
    CHECK(d.counted(1, 0).empty());
  }

  TEST_CASE("who asks again changes the limit only") {
    draining d;
    (void)d.begin(1, {});
    CHECK(d.begin(1, start + 1s).empty());
    CHECK(d.tick(start + 1s) == actions{{step::force, 1}});
  }

  TEST_CASE("an engine that leaves gets no tasks, gives back what others can run, and ends what runs") {
    balanced b;
    for (const auto e : {1, 2}) b.core.engine_joined(e);
    for (int i = 0; i < 2; ++i) b.submit();
    b.hand_out();
    const auto stays = b.engine_of(1) == 1 ? 2U : 1U, leaves = 3 - stays; // numbers of the tasks on engine 2 and 1
    REQUIRE(b.engine_of(leaves) == 1);
    const auto back = b.core.engine_draining(1);
    REQUIRE(back.size() == 1); // it will not, for it runs
    CHECK(back[0].engine == 1);
    CHECK(b.core.engine_draining(1).empty());
    for (int i = 0; i < 10; ++i) b.submit();
    b.hand_out();
    for (const auto& [n, a] : b.given) CHECK((n == leaves || a.engine == 2));
    CHECK(b.core.left_for(1) == 1);
    b.finish(leaves);
    CHECK(b.core.left_for(1) == 0);
    while (!b.given.empty()) {
      b.finish(b.given.begin()->first);
      b.hand_out();
      for (const auto& [n, a] : b.given) CHECK(a.engine == 2);
    }
    CHECK(b.core.open() == 0);
  }

  TEST_CASE("what an engine gives back since it leaves runs elsewhere, and is nobody's fault") {
    balanced b;
    b.core.engine_joined(1);
    const auto first = b.submit();
    b.hand_out();
    b.core.engine_joined(2);
    const auto back = b.core.engine_draining(1);
    REQUIRE(back.size() == 1);
    CHECK_FALSE(b.core.task_lost(back[0].id, 1, false, false));
    b.hand_out();
    CHECK(b.engine_of(first) == 2);
    CHECK(b.core.engine_lost(1).empty());
    b.finish(first);
  }

  TEST_CASE("tasks that only engines that leave may run do run there, before they go") {
    balanced b;
    for (const auto e : {1, 2, 3}) b.core.engine_joined(e);
    for (int i = 0; i < 20; ++i) b.submit({1, 2});
    b.hand_out();
    CHECK(b.core.engine_draining(1).size() == b.core.outstanding(1)); // 2 can have them
    for (const auto e : {1, 2}) (void)b.core.engine_draining(e);
    CHECK(b.core.left_for(2) > b.core.outstanding(2)); // and what waits
    for (int ended = 0; ended < 20; ++ended) {
      b.hand_out();
      REQUIRE_FALSE(b.given.empty());
      CHECK(b.given.begin()->second.engine < 3);
      b.finish(b.given.begin()->first);
    }
    CHECK(b.core.left_for(1) + b.core.left_for(2) == 0);
    CHECK(b.core.open() == 0);
  }

  TEST_CASE("while all engines leave, tasks for any engine wait for new ones") {
    balanced b;
    b.core.engine_joined(1);
    (void)b.core.engine_draining(1);
    const auto n = b.submit();
    b.hand_out();
    CHECK(b.engine_of(n) == -1);
    CHECK(b.core.left_for(1) == 0);
    CHECK(b.core.engine_lost(1).empty());
    b.core.engine_joined(2);
    b.hand_out();
    CHECK(b.engine_of(n) == 2);
  }

  TEST_CASE("a node gets further engines, and takes them along") {
    engine_table t;
    const std::vector<int> two{-1, -1};
    (void)t.node_joined(1, "A", two);
    (void)t.node_joined(2, "B", two);
    CHECK(t.engines_added(1, 2) == std::vector{4, 5});
    CHECK(t.find(5)->host == "A");
    CHECK(t.engines_added(9, 1).empty());
    CHECK(t.node_gone(1) == std::vector{0, 1, 4, 5});
    CHECK(t.next() == 6);
  }
}
