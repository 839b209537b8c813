#include "runtime/worker/cancellation.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <thread>

using namespace pactor::worker;

namespace {

/// An engine's page and the worker's view of it, in one process.
struct both_sides {
  control_memory engine = control_memory::create();
  cancellation worker{engine.fd()};
  control_page& page() { return engine.page(); }
};

constexpr std::int64_t an_hour = 3'600'000'000'000;

} // namespace

TEST_SUITE("cancellation") {
  TEST_CASE_FIXTURE(both_sides, "what is meant for one task does not hit the next") {
    REQUIRE(worker.begin());
    CHECK(worker.wanted() == PACTOR_GO_ON);
    page().cancelled = 1;
    CHECK(worker.wanted() == PACTOR_CANCELLED);
    page().interrupted = 1;
    CHECK(worker.wanted() == PACTOR_INTERRUPTED);
    CHECK(worker.sleep(an_hour) == PACTOR_INTERRUPTED);
    worker.end();
    REQUIRE(worker.begin());
    CHECK(worker.wanted() == PACTOR_GO_ON);
    CHECK(worker.sleep(1'000) == PACTOR_GO_ON);
  }

  TEST_CASE_FIXTURE(both_sides, "a task is withdrawn before it begins, or not at all") {
    CHECK(page().withdraw(1));
    CHECK(!worker.begin());
    CHECK(worker.begin());
    CHECK(!page().withdraw(2));
    CHECK(page().withdraw(3));
    CHECK(!worker.begin());
    for (std::uint64_t i = 4; i < 2 * control_page::places + 4; ++i) CHECK(worker.begin());
  }

  TEST_CASE_FIXTURE(both_sides, "a sleeper is woken by the bell") {
    REQUIRE(worker.begin());
    std::thread other{[&] {
      page().cancelled = 1;
      engine.ring();
    }};
    CHECK(worker.sleep(an_hour) == PACTOR_CANCELLED);
    other.join();
  }

  TEST_CASE_FIXTURE(both_sides, "a SIGINT from outside is for the running task, and ignored when there is none") {
    std::raise(SIGINT);
    REQUIRE(worker.begin());
    CHECK(worker.wanted() == PACTOR_GO_ON);
    std::raise(SIGINT);
    CHECK(worker.wanted() == PACTOR_INTERRUPTED);
    CHECK(worker.sleep(an_hour) == PACTOR_INTERRUPTED);
    worker.end();
    std::raise(SIGINT);
    REQUIRE(worker.begin());
    CHECK(worker.wanted() == PACTOR_GO_ON);
  }

  TEST_CASE("without a page there is nothing to be told") {
    cancellation alone{-1};
    REQUIRE(alone.begin());
    CHECK(alone.wanted() == PACTOR_GO_ON);
    CHECK(alone.sleep(1'000) == PACTOR_GO_ON);
  }
}
