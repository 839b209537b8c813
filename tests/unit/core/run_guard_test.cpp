#include "runtime/core/run_guard.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

constexpr task_ref first{7, false}, second{7, true};
const run_guard::time_point start{};

/// What is to be done at a time.
std::vector<severity> steps(run_guard& g, run_guard::duration at) {
  std::vector<severity> all;
  while (const auto s = g.next(start + at)) all.push_back(s->how);
  return all;
}

} // namespace

TEST_SUITE("run_guard") {
  TEST_CASE("what is neither limited nor asked to end is not watched") {
    run_guard g;
    g.running(first, start);
    CHECK(g.idle());
    CHECK(steps(g, 24h).empty());
    CHECK(!g.deadline());
    CHECK(!g.verdict_of(first));
  }

  TEST_CASE("a limit counts from the start, and is enforced ever harder") {
    run_guard g{1s};
    g.set_limit(first, 5s);
    CHECK(!g.idle());
    CHECK(!g.deadline()); // it does not run yet
    CHECK(steps(g, 1h).empty());
    g.running(first, start);
    g.running(first, start + 3s); // told again: it runs on
    CHECK(g.deadline() == start + 5s);
    CHECK(steps(g, 4999ms).empty());
    CHECK(!g.verdict_of(first));
    CHECK(steps(g, 5s) == std::vector{severity::ask});
    CHECK(steps(g, 5s).empty());
    CHECK(g.verdict_of(first)->code == ec::run_limit);
    CHECK(g.verdict_of(first)->what == "it ran longer than its limit of 5 s and ended when it was asked to");
    CHECK(g.deadline() == start + 6s);
    CHECK(steps(g, 6s) == std::vector{severity::interrupt});
    CHECK(steps(g, 7s) == std::vector{severity::kill});
    CHECK(g.verdict_of(first)->what == "it ran longer than its limit of 5 s and was killed");
    CHECK(!g.deadline());
    CHECK(steps(g, 1h).empty());
  }

  TEST_CASE("a request goes as far as it says, at once") {
    run_guard g;
    g.request(second, severity::interrupt, "client 3");
    CHECK(steps(g, 0s) == std::vector{severity::interrupt});
    CHECK(steps(g, 1h).empty());
    CHECK(g.verdict_of(second)->code == ec::cancelled);
    CHECK(g.verdict_of(second)->what == "interrupted by client 3");
    CHECK(!g.verdict_of(first)); // the same number, another scheduler's
    g.request(second, severity::ask, "client 4");
    CHECK(steps(g, 1h).empty());
    CHECK(g.verdict_of(second)->what == "interrupted by client 3");
    g.request(second, severity::kill, "client 4");
    CHECK(steps(g, 1h) == std::vector{severity::kill});
    CHECK(g.verdict_of(second)->what == "killed by client 4");
  }

  TEST_CASE("a limit goes on from where a request stopped") {
    run_guard g{1s};
    g.set_limit(first, 5s);
    g.running(first, start);
    g.request(first, severity::ask, "client 3");
    CHECK(steps(g, 1s) == std::vector{severity::ask});
    CHECK(steps(g, 5s) == std::vector{severity::interrupt});
    CHECK(g.verdict_of(first)->code == ec::run_limit);
    CHECK(steps(g, 6s) == std::vector{severity::kill});
  }

  TEST_CASE("a task that ended is forgotten") {
    run_guard g{1s};
    g.set_limit(first, 5s);
    g.request(first, severity::ask, "client 3");
    g.forget(first);
    CHECK(g.idle());
    CHECK(steps(g, 1h).empty());
    CHECK(!g.deadline());
  }
}
