#include "runtime/core/task_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

/// Engines of a core that places by a scheme; tasks are long, so that each engine has one at a time.
struct engines_of {
  task_core core;
  std::uint64_t numbers = 0;

  engines_of(scheme s, int engines, std::size_t hwm = 0) : core{3, task_core::default_limits, {s, hwm, 7}} {
    for (int i = 0; i < engines; ++i) core.engine_joined(i);
  }
  void submit(std::uint64_t count) {
    while (count-- > 0) REQUIRE(core.submit({.client = 1, .number = ++numbers}) == submission::accepted);
  }
  /// @return engines of what is handed out
  std::vector<task_core::run> drain() {
    std::vector<task_core::run> result;
    while (const auto a = core.next()) result.push_back({a->id, a->engine});
    return result;
  }
  /// How often each engine gets one of tasks that come one by one.
  std::map<int, int> one_by_one(int count) {
    std::map<int, int> result;
    for (int i = 0; i < count; ++i) {
      submit(1);
      const auto r = drain().at(0);
      ++result[r.engine];
      CHECK(core.finished(r.id, r.engine, 1s));
    }
    return result;
  }
};

} // namespace

TEST_SUITE("placement") {
  TEST_CASE("schemes have names") {
    for (const auto name : scheme_names) CHECK(to_string(*scheme_named(name)) == name);
    CHECK_FALSE(scheme_named("best"));
  }

  TEST_CASE("whatever the scheme, all engines work, and none has more than it may") {
    for (const auto s : {scheme::leastload, scheme::lru, scheme::plainrandom, scheme::twobin, scheme::weighted}) {
      CAPTURE(to_string(s));
      engines_of e{s, 4};
      CHECK(e.one_by_one(200).size() == 4);
      e.submit(10);
      std::map<int, int> had;
      for (const auto& r : e.drain()) ++had[r.engine];
      CHECK(had.size() == 4);
      for (const auto& [engine, count] : had) CHECK(count == 1); // long ones
    }
  }

  TEST_CASE("a high water mark counts tasks, however long they are") {
    for (const auto s : {scheme::leastload, scheme::plainrandom}) {
      engines_of e{s, 2, 3};
      e.submit(10);
      const auto got = e.drain();
      CHECK(got.size() == 6);
      CHECK(e.core.outstanding(0) == 3);
      CHECK(e.core.finished(got[0].id, got[0].engine, 1us));
      CHECK(e.drain().size() == 1);
    }
  }

  TEST_CASE("lru takes turns, chance does not") {
    engines_of turns{scheme::lru, 4};
    for (const auto& [engine, count] : turns.one_by_one(40)) CHECK(count == 10);
    engines_of dice{scheme::plainrandom, 4};
    bool even = true;
    for (const auto& [engine, count] : dice.one_by_one(400)) {
      CHECK(count > 50);
      even = even && count == 100;
    }
    CHECK_FALSE(even);
  }

  TEST_CASE("an engine that has work is chosen as seldom as its scheme says") {
    const auto chosen = [](scheme s) { // of 2,000 times, the one of four that keeps three tasks
      constexpr int times = 2'000;
      engines_of e{s, 4, 100};
      for (int i = 1; i < 4; ++i) e.core.engine_paused(i);
      e.submit(3);
      CHECK(e.drain().size() == 3);
      for (int i = 1; i < 4; ++i) e.core.engine_resumed(i);
      return e.one_by_one(times)[0];
    };
    CHECK(chosen(scheme::leastload) == 0);
    CHECK(chosen(scheme::lru) == 500);
    const auto plain = chosen(scheme::plainrandom), two = chosen(scheme::twobin), weighted = chosen(scheme::weighted);
    CHECK(plain > 430);
    CHECK(plain < 570);
    // Of two it is the one that waited longer: as often as the others, but more evenly.
    CHECK(two > 430);
    CHECK(two < 570);
    // A weight of 1/4 against 1, and both must be this one: (1/13)^2.
    CHECK(weighted > 0);
    CHECK(weighted < 40);
  }

  TEST_CASE("of two drawn at random the one that waited longer is chosen: none waits for as long as with one") {
    const auto longest_wait = [](scheme s) {
      engines_of e{s, 8};
      std::map<int, int> last;
      int longest = 0;
      for (int i = 1; i <= 4'000; ++i)
        for (const auto& [engine, count] : e.one_by_one(1))
          if (count > 0) longest = std::max(longest, i - std::exchange(last[engine], i));
      return longest;
    };
    CHECK(longest_wait(scheme::lru) == 8);
    CHECK(longest_wait(scheme::plainrandom) >= 50);
    CHECK(longest_wait(scheme::twobin) < 50);
  }

  TEST_CASE("the same seed makes the same choices") {
    engines_of a{scheme::weighted, 5}, b{scheme::weighted, 5};
    for (int i = 0; i < 50; ++i) CHECK(a.one_by_one(1) == b.one_by_one(1));
  }
}
