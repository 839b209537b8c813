#include "runtime/core/direct_core.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace pactor::core;
using pactor::test::chance;
using owners = std::vector<owner>;

TEST_SUITE("direct_core") {
  TEST_CASE("a task for an engine that is not there is refused") {
    direct_core core;
    CHECK_FALSE(core.submit(1, 1, 0));
    core.engine_joined(0);
    CHECK(core.submit(1, 1, 0));
    CHECK_FALSE(core.submit(1, 1, 1));
    CHECK(core.knows(0));
    CHECK_FALSE(core.knows(1));
  }

  TEST_CASE("a client that has too much open is refused more, others are not") {
    direct_core core{{.tasks = 3, .bytes = 100}};
    core.engine_joined(0);
    const auto first = core.submit(1, 1, 0, {0, 60}).value();
    CHECK_FALSE(core.submit(1, 2, 0, {0, 41}));
    CHECK_FALSE(core.submit(1, 2, 0, {0, UINT64_MAX}));
    CHECK_FALSE(core.has_place(1, 41));
    CHECK_FALSE(core.has_place(2, 101));
    CHECK(core.submit(1, 2, 0, {0, 40}));
    CHECK(core.submit(1, 3, 0));
    CHECK_FALSE(core.submit(1, 4, 0));
    CHECK(core.submit(2, 1, 0, {0, 100}));
    CHECK(core.finished(first, 0));
    CHECK(core.submit(1, 4, 0, {0, 60}));
    CHECK(core.client_gone(1).size() == 3);
    CHECK(core.client_gone(1).empty());
    CHECK(core.submit(1, 5, 0, {0, 100}));
  }

  TEST_CASE("a client's tasks are found by its own numbers") {
    direct_core core;
    core.engine_joined(0);
    core.engine_joined(1);
    const auto a = core.submit(3, 17, 0).value();
    const auto b = core.submit(3, 18, 1).value();
    (void)core.submit(4, 17, 0).value();
    const std::vector<std::uint64_t> wanted{17, 18, 99};
    const auto found = core.locate(3, wanted);
    REQUIRE(found.size() == 2);
    CHECK(found[0].id == a);
    CHECK(found[1].id == b);
    CHECK(found[1].engine == 1);
    CHECK(core.finished(a, 0));
    CHECK(core.locate(3, wanted).size() == 1);
    CHECK(core.locate(5, wanted).empty());
  }

  TEST_CASE("an outcome finds its owner once, and from its own engine only") {
    direct_core core;
    core.engine_joined(0);
    core.engine_joined(1);
    const auto id = core.submit(3, 17, 0).value();
    CHECK(core.pending(0) == 1);
    CHECK_FALSE(core.finished(id, 1));
    CHECK_FALSE(core.finished(0, 0));
    CHECK(core.finished(id, 0) == owner{3, 17});
    CHECK_FALSE(core.finished(id, 0));
    CHECK(core.pending(0) == 0);
  }

  TEST_CASE("an id never comes back") {
    direct_core core;
    core.engine_joined(0);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      const auto id = core.submit(1, i, 0).value();
      CHECK(seen.insert(id).second);
      CHECK(core.finished(id, 0));
    }
  }

  TEST_CASE("a lost engine's tasks fail in their order, the others stay") {
    direct_core core;
    core.engine_joined(0);
    core.engine_joined(1);
    for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(core.submit(1, i, static_cast<int>(i % 2)));
    CHECK(core.engine_lost(0) == owners{{1, 0}, {1, 2}, {1, 4}});
    CHECK(core.engine_lost(0).empty());
    CHECK_FALSE(core.submit(1, 7, 0));
    CHECK(core.pending() == 3);
    CHECK(core.tasks_of(1) == 3);
  }

  TEST_CASE("an outcome of an engine that was lost and came back under its number is late") {
    direct_core core;
    core.engine_joined(0);
    const auto id = core.submit(1, 1, 0).value();
    CHECK(core.engine_lost(0).size() == 1);
    core.engine_joined(0);
    CHECK(core.submit(1, 2, 0));
    CHECK_FALSE(core.finished(id, 0));
  }

  TEST_CASE("joining twice loses nothing") {
    direct_core core;
    core.engine_joined(0);
    const auto id = core.submit(1, 1, 0).value();
    core.engine_joined(0);
    CHECK(core.finished(id, 0));
  }

  TEST_CASE("a client that left is told nothing") {
    direct_core core;
    core.engine_joined(0);
    const auto orphan = core.submit(1, 1, 0).value();
    REQUIRE(core.submit(2, 2, 0));
    REQUIRE(core.submit(1, 3, 0));
    core.client_gone(1);
    CHECK(core.pending(0) == 3);
    CHECK_FALSE(core.finished(orphan, 0));
    CHECK(core.pending(0) == 2);
    CHECK(core.engine_lost(0) == owners{{2, 2}});
    CHECK(core.pending() == 0);
  }

  TEST_CASE("in any order of events every task ends exactly once") {
    pactor::test::for_seeds(2000, [](chance& c) {
      struct task {
        std::uint64_t id;
        int engine;
        owner whose;
        bool orphan = false;
      };
      direct_core core;
      std::set<int> engines;
      std::vector<task> running; // in the order of submission
      std::vector<std::pair<std::uint64_t, int>> ended;
      std::uint64_t number = 0;
      for (int step = 0; step < 100; ++step) {
        const auto engine = static_cast<int>(c.below(4));
        const auto client = static_cast<std::uint32_t>(c.below(3));
        switch (c.below(10)) {
        case 0:
          core.engine_joined(engine);
          engines.insert(engine);
          break;
        case 1: {
          owners expected;
          for (const auto& t : running)
            if (t.engine == engine) {
              if (!t.orphan) expected.push_back(t.whose);
              ended.emplace_back(t.id, t.engine);
            }
          std::erase_if(running, [&](const task& t) { return t.engine == engine; });
          REQUIRE(core.engine_lost(engine) == expected);
          engines.erase(engine);
          break;
        }
        case 2:
          if (!c.one_in(4)) break;
          core.client_gone(client);
          for (auto& t : running) t.orphan = t.orphan || t.whose.client == client;
          break;
        case 3:
        case 4:
        case 5: {
          if (running.empty()) break;
          const auto at = c.below(running.size());
          const auto t = running[at];
          running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
          REQUIRE(core.finished(t.id, t.engine) == (t.orphan ? std::nullopt : std::optional{t.whose}));
          ended.emplace_back(t.id, t.engine);
          break;
        }
        case 6:
          if (ended.empty()) break;
          REQUIRE_FALSE(core.finished(c.pick(ended).first, engine));
          break;
        default: {
          const auto id = core.submit(client, ++number, engine);
          REQUIRE(id.has_value() == (engines.count(engine) > 0));
          if (id) running.push_back({*id, engine, {client, number}});
        }
        }
        REQUIRE(core.pending() == running.size());
        REQUIRE(core.pending(engine) ==
                static_cast<std::size_t>(
                    std::count_if(running.begin(), running.end(), [&](auto& t) { return t.engine == engine; })));
      }
    });
  }
}
