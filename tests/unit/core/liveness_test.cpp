#include "runtime/core/liveness.hpp"
#include "seeds.hpp"

#include <map>

using namespace pactor::core;
using namespace std::chrono_literals;
using pactor::test::chance;
using ids = std::vector<std::uint64_t>;
using time_point = liveness::time_point;

TEST_SUITE("liveness") {
  const time_point start{1000s};

  TEST_CASE("who beats lives") {
    liveness l;
    for (int i = 0; i < 20; ++i) {
      CHECK_FALSE(l.beat(1, start + i * 1s));
      CHECK(l.expired(start + i * 1s).empty());
    }
    CHECK(l.suspects().empty());
  }

  TEST_CASE("silence is suspect first, then death, told once") {
    liveness l;
    l.beat(1, start);
    CHECK(l.expired(start + 2s).empty());
    CHECK(l.suspects().empty());
    l.beat(2, start + 3s);
    CHECK(l.expired(start + 3s).empty());
    CHECK(l.suspects() == ids{1});
    CHECK(l.expired(start + 4999ms).empty());
    CHECK(l.expired(start + 5s) == ids{1});
    CHECK(l.expired(start + 6s).empty());
    CHECK(l.suspects() == ids{2});
  }

  TEST_CASE("a check that comes late suspects, but kills nobody") {
    liveness l;
    l.beat(1, start);
    l.beat(2, start);
    CHECK(l.expired(start + 1h).empty());
    CHECK(l.beat(2, start + 1h));
    CHECK(l.expired(start + 1h + 1s) == ids{1});
  }

  TEST_CASE("a late beat revives") {
    liveness l;
    l.beat(1, start);
    (void)l.expired(start + 3s);
    CHECK(l.beat(1, start + 4s));
    CHECK(l.expired(start + 6s).empty());
    (void)l.expired(start + 7s);
    CHECK(l.expired(start + 9s) == ids{1});
    CHECK(l.beat(1, start + 10s));
    CHECK_FALSE(l.beat(1, start + 10s));
    CHECK(l.expired(start + 11s).empty());
  }

  TEST_CASE("who is forgotten is not missed") {
    liveness l;
    l.beat(1, start);
    l.forget(1);
    (void)l.expired(start + 3s);
    CHECK(l.expired(start + 10s).empty());
  }

  TEST_CASE("a clock that goes back makes nobody older or younger") {
    liveness l;
    l.beat(1, start + 10s);
    l.beat(2, start); // counts as now
    CHECK(l.expired(start + 12s).empty());
    CHECK(l.suspects().empty());
    (void)l.expired(start + 13s);
    CHECK(l.suspects() == ids{1, 2});
    CHECK(l.expired(start).empty());
  }

  TEST_CASE("nobody who beats often enough is ever suspected, and who is silent dies in time") {
    pactor::test::for_seeds(1000, [](chance& c) {
      liveness l;
      std::map<std::uint64_t, time_point> beats;
      time_point now{};
      for (int i = 0; i < 100; ++i) {
        now += std::chrono::milliseconds{c.below(400)};
        if (c.one_in(2)) {
          const auto id = c.below(4);
          l.beat(id, now);
          beats[id] = now;
        }
        for (const auto id : l.expired(now)) {
          REQUIRE(now - beats.at(id) >= 5s);
          beats.erase(id);
          l.forget(id);
        }
        for (const auto id : l.suspects()) REQUIRE(now - beats.at(id) >= 2500ms);
        for (const auto& [id, last] : beats) REQUIRE(now - last < 5s);
      }
    });
  }
}
