// What the options of tasks and the limits of clients make of the order of things.

#include "task_core_fixture.hpp"

using namespace pactor;
using namespace pactor::core;
using namespace pactor::test;
using namespace std::chrono_literals;
using fixture = task_core_fixture;
using reasons = give_up_reason;

TEST_SUITE("task_core options") {
  TEST_CASE("higher priorities go first, and order within one is that of submission") {
    fixture f{1};
    const auto submit = [&](std::uint64_t number, int priority) {
      REQUIRE(f.core.submit({.client = 1, .number = number, .priority = priority}) == submission::accepted);
    };
    submit(1, 0);
    submit(2, -5);
    submit(3, 7);
    submit(4, 0);
    submit(5, 7);
    numbers order;
    for (auto got = f.drain(); !got.empty(); got = f.drain()) {
      order.push_back(got.at(0).number);
      CHECK(f.core.finished(got[0].id, 0, 1s));
    }
    CHECK(order == numbers{3, 5, 1, 4, 2});
  }

  TEST_CASE("a client with many tasks does not starve one with few, nor does one that comes later") {
    fixture f{1};
    for (std::uint64_t i = 0; i < 1'000; ++i) f.submit(i, {}, 1);
    std::size_t runs = 0, of_second = 0;
    const auto run = [&] {
      const auto a = f.core.next();
      REQUIRE(a);
      ++runs;
      of_second += a->task.client == 2 ? 1 : 0;
      CHECK(f.core.finished(a->id, 0, 1s));
    };
    while (runs < 100) run();
    for (std::uint64_t i = 0; i < 10; ++i) f.submit(i, {}, 2);
    while (of_second < 10) run();
    CHECK(runs <= 100 + 21);
    for (std::uint64_t i = 0; i < 10; ++i) f.submit(i, {}, 2); // it gets no credit for the time it was away
    while (of_second < 20) run();
    CHECK(runs >= 100 + 20 + 17);
  }

  TEST_CASE("an error of its own is tried again, elsewhere if that is possible, and as often as was said") {
    fixture f{2};
    REQUIRE(f.core.submit({.client = 1, .number = 1, .retries = 2}) == submission::accepted);
    std::vector<int> engines;
    task_core::verdict v;
    for (int i = 0; i < 3; ++i) {
      const auto a = f.drain().at(0);
      engines.push_back(a.engine);
      CHECK(f.core.owner_of(a.id, a.engine)->losses == static_cast<std::uint32_t>(i));
      v = f.core.failed(a.id, a.engine, 1ms, task_core::error_kind::own);
    }
    CHECK(engines[0] != engines[1]); // and the third runs although both have run it
    CHECK(v.told == owner{1, 1});
    CHECK(v.refused_by.empty());
    CHECK(f.core.tasks_of(1) == 0);
    REQUIRE(f.core.submit({.client = 1, .number = 2}) == submission::accepted);
    const auto once = f.drain().at(0);
    CHECK(f.core.failed(once.id, once.engine, 1ms, task_core::error_kind::own).told == owner{1, 2});
  }

  TEST_CASE("a task that is tried again waits for no other engine while one idles") {
    fixture f{2};
    REQUIRE(f.core.submit({.client = 1, .number = 1, .retries = 3}) == submission::accepted);
    const auto a = f.drain().at(0);
    f.submit(2);
    CHECK(f.drain().at(0).engine == 1 - a.engine); // and it runs for ever
    CHECK_FALSE(f.core.failed(a.id, a.engine, 1ms, task_core::error_kind::own).told);
    const auto again = f.drain().at(0);
    CHECK(again.engine == a.engine);
    CHECK(f.core.engine_lost(1 - a.engine).empty());
    CHECK_FALSE(f.core.failed(again.id, again.engine, 1ms, task_core::error_kind::own).told);
    CHECK(f.drain().at(0).number == 1); // no other engine is left
  }

  TEST_CASE("a task that is tried again lets others have the engine on which it failed, for a while") {
    fixture f{2};
    REQUIRE(f.core.submit({.client = 1, .number = 1, .retries = 3}) == submission::accepted);
    auto a = f.drain().at(0);
    f.submit_all(2, 50);
    const auto other = f.drain().at(0);
    CHECK_FALSE(f.core.failed(a.id, a.engine, 1s, task_core::error_kind::own).told);
    a = f.drain().at(0);
    CHECK(a.number == 3);
    CHECK(f.core.finished(other.id, other.engine, 1s));
    const auto again = f.drain().at(0);
    CHECK(again.number == 1);
    CHECK(again.engine == other.engine);
    CHECK_FALSE(f.core.failed(again.id, again.engine, 1s, task_core::error_kind::own).told);
    CHECK(f.drain().at(0).number == 1); // it failed on both: none is better
  }

  TEST_CASE("while another engine is at a task for ever, others pass a task that is tried again a few times only") {
    fixture f{2};
    REQUIRE(f.core.submit({.client = 1, .number = 1, .retries = 1}) == submission::accepted);
    auto a = f.drain().at(0);
    f.submit_all(2, 50);
    (void)f.drain();
    CHECK_FALSE(f.core.failed(a.id, a.engine, 1s, task_core::error_kind::own).told);
    int passed = 0;
    while ((a = f.drain().at(0)).number != 1) {
      CHECK(f.core.finished(a.id, a.engine, 1s));
      ++passed;
    }
    CHECK(passed == 16);
  }

  TEST_CASE("what fails again and again on the same engine, and is put back among others, keeps its place") {
    fixture f{1};
    f.teach(1us);
    f.submit_all(1, 3);
    const auto got = f.drain();
    for (const auto i : {2U, 0U, 1U}) CHECK_FALSE(f.core.task_lost(got[i].id, 0, false));
    CHECK(f.drain_numbers() == numbers{1, 2, 3});
  }

  TEST_CASE("an engine that lacks what a task needs is not asked again; when all do, that is the end") {
    fixture f{3};
    f.submit(1, {0, 2});
    f.submit(2);
    const auto got = f.drain();
    const auto limited = got.at(0), free = got.at(1);
    CHECK_FALSE(f.core.failed(limited.id, limited.engine, 1ms, task_core::error_kind::refused).told);
    const auto again = f.drain().at(0);
    CHECK(again.engine == 2 - limited.engine);
    const auto v = f.core.failed(again.id, again.engine, 1ms, task_core::error_kind::refused);
    CHECK(v.told == owner{1, 1});
    CHECK(v.refused_by == std::vector{limited.engine, again.engine});
    CHECK_FALSE(f.core.failed(free.id, free.engine, 1ms, task_core::error_kind::refused).told);
    const auto second = f.drain().at(0);
    CHECK_FALSE(f.core.failed(second.id, second.engine, 1ms, task_core::error_kind::refused).told);
    const auto third = f.drain().at(0);
    CHECK(f.core.failed(third.id, third.engine, 1ms, task_core::error_kind::refused).refused_by.size() == 3);
    CHECK(f.core.waiting() == 0);
  }

  TEST_CASE("a task that waited too long ends; what takes it back does not restart its clock") {
    using clock = task_core::time_point;
    fixture f{1};
    f.teach(10ms);
    const auto submit = [&](std::uint64_t number) {
      REQUIRE(f.core.submit({.client = 1, .number = number, .timeout = 5s}) == submission::accepted);
    };
    for (std::uint64_t i = 1; i <= 3; ++i) submit(i);
    const auto got = f.drain();
    REQUIRE(got.size() == 2);
    CHECK(f.core.wake_at() == clock{5s});
    f.core.set_time(clock{4s});
    CHECK(f.core.expire().empty());
    f.core.engine_paused(0);
    CHECK_FALSE(f.core.task_lost(got[1].id, 0, false, false));
    f.core.set_time(clock{5s});
    const auto late = f.core.expire();
    REQUIRE(late.size() == 2);
    for (const auto& x : late) {
      CHECK(x.reason == reasons::timed_out);
      CHECK(x.timeout == 5s);
    }
    CHECK_FALSE(f.core.wake_at());
    CHECK(f.core.finished(got[0].id, 0, 1s)); // it runs: its wait is over
  }

  TEST_CASE("a task that has waited too long at its engine is wanted back, and ends unless it has begun") {
    using clock = task_core::time_point;
    fixture f{1};
    REQUIRE(f.core.submit({.client = 1, .number = 1, .timeout = 1s}) == submission::accepted);
    const auto got = f.drain();
    REQUIRE(got.size() == 1);
    CHECK(f.core.wake_at() == clock{1s});
    f.core.set_time(clock{1s});
    CHECK(f.core.expire().empty());
    CHECK(f.core.recalls() == std::vector<task_core::run>{{got[0].id, 0}});
    CHECK(f.core.recalls().empty());
    SUBCASE("it comes back") {
      CHECK_FALSE(f.core.task_lost(got[0].id, 0, false, false));
      const auto late = f.core.expire();
      REQUIRE(late.size() == 1);
      CHECK(late[0].reason == reasons::timed_out);
    }
    SUBCASE("it runs") { CHECK(f.core.finished(got[0].id, 0, 1ms)); }
    CHECK(f.core.size() == 0);
    CHECK(f.core.expire().empty());
  }

  TEST_CASE("a task that is held back waits for its release, and for nothing else") {
    fixture f{2};
    const auto id = f.core.hold({.client = 1, .number = 1});
    const auto other = f.core.hold({.client = 1, .number = 2});
    const auto third = f.core.hold({.client = 1, .number = 3});
    REQUIRE((id && other && third));
    CHECK(f.drain().empty());
    CHECK(f.core.waiting() == 3);
    CHECK(f.core.is_open({1, 2}));
    CHECK_FALSE(f.core.is_open({1, 4}));
    const std::vector<int> there{1}, nowhere{7};
    CHECK_FALSE(f.core.release(*id, there));
    CHECK(f.drain().at(0).engine == 1);
    CHECK(f.core.release(*other, nowhere)->reason == reasons::unreachable);
    CHECK(f.core.drop_held(*third) == owner{1, 3});
    CHECK_FALSE(f.core.drop_held(*third));
    CHECK(f.core.waiting() == 0);
  }

  TEST_CASE("a client that is slow gets nothing more until it has read") {
    fixture f{1};
    f.submit_all(1, 2);
    f.submit(3, {}, 2);
    f.core.client_paused(1);
    const auto a = f.drain().at(0);
    CHECK(a.number == 3);
    CHECK(f.core.finished(a.id, 0, 1s));
    CHECK(f.drain().empty());
    f.core.client_resumed(1);
    CHECK(f.drain_numbers() == numbers{1});
  }

  TEST_CASE("what a slow client left to others goes on without it") {
    fixture f{1};
    f.core.client_paused(1);
    f.submit(1); // it had none when it became slow
    CHECK(f.drain().empty());
    const auto kept = core::task_request{.client = 0, .number = 2, .share = 1};
    CHECK(f.core.submit(kept) == submission::accepted);
    CHECK(f.drain().empty());
    f.core.client_gone(1);
    CHECK(f.drain_numbers() == numbers{2});
  }

  TEST_CASE("a client that has too much open is refused") {
    fixture f{1};
    f.core.limit_open({.tasks = 2, .bytes = 5});
    f.submit_all(1, 2);
    CHECK(f.core.submit({.client = 1, .number = 3}) == submission::too_many);
    CHECK(f.core.submit({.client = 2, .number = 3, .payload = text("much too long")}) == submission::accepted);
    CHECK(f.core.submit({.client = 2, .number = 4, .payload = text("x")}) == submission::too_many);
    const auto a = f.drain().at(0);
    CHECK(f.core.finished(a.id, 0, 1s));
    f.submit(3);
  }
}
