#include "runtime/core/host_restarts.hpp"
#include "runtime/core/restart_policy.hpp"
#include "seeds.hpp"

#include <algorithm>

using namespace pactor::core;
using namespace std::chrono_literals;
using time_point = restart_policy::time_point;

namespace {

bool at_once(const restart_decision& d) { return std::holds_alternative<restart_now>(d); }
bool never(const restart_decision& d) { return std::holds_alternative<give_up>(d); }
bool after(const restart_decision& d, std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
  const auto* w = std::get_if<wait>(&d);
  return w && w->delay >= least && w->delay <= most;
}

} // namespace

TEST_SUITE("restart_policy") {
  TEST_CASE("at once first, then after doubling waits, then never") {
    std::mt19937 chance{1};
    restart_policy p;
    const time_point start{100s};
    CHECK(at_once(p.died(start, chance)));
    CHECK(after(p.died(start + 1s, chance), 25ms, 50ms));
    CHECK(after(p.died(start + 2s, chance), 50ms, 100ms));
    CHECK(after(p.died(start + 3s, chance), 100ms, 200ms));
    CHECK(after(p.died(start + 4s, chance), 200ms, 400ms));
    CHECK(never(p.died(start + 5s, chance)));
    CHECK(never(p.died(start + 6s, chance)));
  }

  TEST_CASE("a child that lived longer than the period begins anew") {
    std::mt19937 chance{1};
    restart_policy p;
    time_point now{100s};
    for (int i = 0; i < 4; ++i) (void)p.died(now, chance);
    CHECK(p.recent() == 4);
    now += 61s;
    CHECK(at_once(p.died(now, chance)));
    CHECK(p.recent() == 1);
  }

  TEST_CASE("rare deaths are never too many, and the edge of the period counts") {
    std::mt19937 chance{1};
    restart_policy p;
    time_point now{0s};
    for (int i = 0; i < 1000; ++i) {
      CHECK_FALSE(never(p.died(now, chance)));
      now += 13s; // five in 60 s
    }
    restart_policy q{{.intensity = 1, .period = 10s}};
    CHECK(at_once(q.died(time_point{0s}, chance)));
    CHECK(never(q.died(time_point{10s}, chance)));
    CHECK(at_once(q.died(time_point{21s}, chance)));
  }

  TEST_CASE("no restarts allowed means none") {
    std::mt19937 chance{1};
    CHECK(never(restart_policy{{.intensity = 0}}.died(time_point{0s}, chance)));
  }

  TEST_CASE("a clock that goes back is taken to stand still") {
    std::mt19937 chance{1};
    restart_policy p;
    for (int i = 0; i < 5; ++i) CHECK_FALSE(never(p.died(time_point{1000s - i * 100s}, chance)));
    CHECK(never(p.died(time_point{1s}, chance)));
  }

  TEST_CASE("waits grow to their cap and are spread") {
    std::mt19937 chance{7};
    const backoff b;
    auto least = b.wait(0, chance), most = least;
    for (int i = 0; i < 1000; ++i) {
      const auto w = b.wait(3, chance);
      CHECK(w >= 200ms);
      CHECK(w <= 400ms);
      least = i == 0 ? w : std::min(least, w);
      most = i == 0 ? w : std::max(most, w);
      CHECK(b.wait(7, chance) <= 5s);
      CHECK(b.wait(4'000'000'000U, chance) >= 2500ms);
    }
    CHECK(most - least > 150ms);
  }

  TEST_CASE("never more restarts in a period than allowed, whatever the times") {
    pactor::test::for_seeds(2000, [](pactor::test::chance& c) {
      std::mt19937 jitter{1};
      restart_policy p;
      time_point now{};
      std::vector<time_point> restarts;
      for (int i = 0; i < 60; ++i) {
        now += std::chrono::milliseconds{c.below(c.one_in(8) ? 90'000 : 20'000)};
        const auto decision = p.died(now, jitter);
        const auto recent = std::count_if(restarts.begin(), restarts.end(), [&](auto t) { return now - t <= 60s; });
        if (never(decision)) {
          REQUIRE(p.recent() == 5);
          continue;
        }
        REQUIRE(recent < 5);
        REQUIRE((at_once(decision) ? p.recent() == 1 : p.recent() > 1));
        restarts.push_back(now);
      }
    });
  }
}

TEST_CASE("a host that can't be reached is tried for ever, one whose node dies again and again is not") {
  std::mt19937 chance{1};
  host_restarts host{{2, 60s, {}}, {1s, 8s}};
  const auto start = host_restarts::time_point{};
  for (int i = 0; i < 50; ++i) {
    const auto decision = host.ended(start, false, chance);
    REQUIRE(std::holds_alternative<wait>(decision));
    CHECK(std::get<wait>(decision).delay <= 8s);
    if (i > 4) CHECK(std::get<wait>(decision).delay >= 4s);
  }
  host.up();
  CHECK(std::get<wait>(host.ended(start, false, chance)).delay <= 1s);
  CHECK(std::holds_alternative<restart_now>(host.ended(start, true, chance)));
  CHECK(std::holds_alternative<wait>(host.ended(start, true, chance)));
  CHECK(std::holds_alternative<give_up>(host.ended(start, true, chance)));
}
