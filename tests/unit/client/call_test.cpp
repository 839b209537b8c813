#include "pactor/async_result.hpp"
#include "pactor/detail/session.hpp"
#include "pactor/wait.hpp"
#include "runtime/core/watch_time.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using pactor::detail::call;
using pactor::detail::outcome;

namespace {
outcome from_engine(int engine) {
  outcome o;
  o.kind = 3;
  o.engine = engine;
  return o;
}
auto soon() { return std::chrono::steady_clock::now() + 1ms; }
auto much_later() { return std::chrono::steady_clock::now() + 60s; }
} // namespace

TEST_SUITE("client call") {
  TEST_CASE("the first outcome of an index counts") {
    const auto c = std::make_shared<call>(2, "power10");
    c->settle(1, from_engine(4));
    c->settle(1, from_engine(5));
    CHECK(c->done() == 1);
    CHECK(c->at(1).engine == 4);
    CHECK_FALSE(c->ready());
    CHECK_FALSE(c->ready(0));
    CHECK(c->ready(1));
  }

  TEST_CASE("an outcome of a task that the call does not have is dropped") {
    const auto c = std::make_shared<call>(1, "power10");
    c->settle(1, from_engine(0));
    CHECK(c->done() == 0);
  }

  TEST_CASE("who waits for a task that is alone may watch for it, in time, and learns from how long it took") {
    const auto times = std::make_shared<pactor::core::watch_time>(2);
    const auto alone = [&] {
      auto c = std::make_shared<call>(1, "power10");
      c->travels_alone(times);
      return c;
    };
    const auto c = alone();
    CHECK_FALSE(c->wait_until(soon()));
    CHECK_FALSE(c->wait_until(0, std::chrono::steady_clock::time_point{}));
    std::jthread later{[&] {
      auto o = from_engine(3);
      o.received = c->submitted() + 1h;
      c->settle(0, std::move(o));
    }};
    CHECK(c->wait_until(much_later()));
    CHECK(c->at(0).engine == 3);
    CHECK(times->worth() == 0ns);

    const auto quick = alone();
    std::jthread at_once{[&] { quick->settle(0, from_engine(4)); }};
    quick->wait();
    CHECK(quick->at(0).engine == 4);
  }

  TEST_CASE("a call that has ended lets go of what it depended on") {
    const auto parent = std::make_shared<call>(1, "first");
    const auto depends = [&] {
      pactor::task_options o;
      const std::shared_ptr<pactor::detail::session> none;
      o.after = {pactor::async_result<pactor::value>{
          std::make_shared<pactor::detail::submission>(pactor::detail::submission{parent, none, nullptr, {}})}};
      return std::make_shared<const pactor::task_options>(o);
    };
    const auto c = std::make_shared<call>(2, "second", depends());
    const auto held = parent.use_count();
    c->settle(0, from_engine(0));
    CHECK(parent.use_count() == held);
    c->settle(1, from_engine(0));
    CHECK(parent.use_count() == 1);
  }

  TEST_CASE("a call without tasks is ready") {
    const call c{0, "power10"};
    CHECK(c.ready());
    c.wait();
    CHECK(c.wait_until(soon()));
  }

  TEST_CASE("waits end at their deadline") {
    const call c{2, "power10"};
    CHECK_FALSE(c.wait_until(soon()));
    CHECK_FALSE(c.wait_until(0, soon()));
    CHECK_FALSE(c.wait_arrival(0, soon()));
  }

  TEST_CASE("a wait for one task ends with that task, not with all") {
    const auto c = std::make_shared<call>(3, "power10");
    std::thread other{[&] {
      c->settle(0, from_engine(0));
      c->settle(2, from_engine(2));
    }};
    CHECK(c->wait_until(2, much_later()));
    other.join();
    CHECK_FALSE(c->ready());
  }

  TEST_CASE("a wait without an end is possible for one task and for all") {
    constexpr auto never = std::chrono::steady_clock::time_point::max();
    const auto c = std::make_shared<call>(2, "power10");
    std::thread other{[&] {
      c->settle(0, from_engine(0));
      c->settle(1, from_engine(1));
    }};
    CHECK(c->wait_until(0, never));
    CHECK(c->wait_until(never));
    other.join();
  }

  TEST_CASE("arrivals are told in the order in which the tasks ended") {
    const auto c = std::make_shared<call>(3, "power10");
    c->settle(2, from_engine(0));
    c->settle(0, from_engine(0));
    CHECK(c->wait_arrival(0, soon()) == 2u);
    CHECK(c->wait_arrival(1, soon()) == 0u);
    CHECK_FALSE(c->wait_arrival(2, soon()));
    c->settle(1, from_engine(0));
    CHECK(c->wait_arrival(2, soon()) == 1u);
    CHECK_FALSE(c->wait_arrival(3, much_later()));
  }

  TEST_CASE("many threads may wait while outcomes come in") {
    constexpr std::size_t tasks = 2000;
    const auto c = std::make_shared<call>(tasks, "power10");
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&] {
        for (std::size_t n = 0; n < tasks; ++n) CHECK(c->wait_arrival(n, much_later()) == n);
        CHECK(c->wait_until(much_later()));
      });
    for (std::size_t n = 0; n < tasks; ++n) c->settle(n, from_engine(0));
    for (auto& r : readers) r.join();
    CHECK(c->ready());
  }

  TEST_CASE("observers are called at once and at each outcome until they have enough") {
    const auto c = std::make_shared<call>(3, "power10");
    int patient = 0, quick = 0, forgotten = 0;
    c->observe([&] { return ++patient, c->ready(); });
    c->observe([&] { return ++quick == 2; });
    const auto number = c->observe([&] { return ++forgotten, false; });
    c->settle(0, from_engine(0));
    c->forget(number);
    const auto before = forgotten;
    c->settle(1, from_engine(1));
    c->settle(2, from_engine(2));
    CHECK(quick == 2);
    CHECK(patient >= 4);
    CHECK(forgotten == before);
    const auto at_end = patient;
    c->observe([&] { return ++quick, true; });
    CHECK(quick == 3);
    CHECK(patient == at_end);
  }

  TEST_CASE("a failure is known before the end") {
    const auto c = std::make_shared<call>(2, "power10");
    c->settle(0, from_engine(0));
    CHECK_FALSE(c->failed());
    auto failed = from_engine(1);
    failed.kind = 4;
    c->settle(1, failed);
    CHECK(c->failed());
  }
}
