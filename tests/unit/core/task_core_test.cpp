#include "task_core_fixture.hpp"

using namespace pactor;
using namespace pactor::core;
using namespace pactor::test;
using namespace std::chrono_literals;
using fixture = task_core_fixture;
using reasons = give_up_reason;

TEST_SUITE("task_core") {
  TEST_CASE("without engines tasks wait, and run when the first joins") {
    fixture f;
    f.submit_all(1, 2);
    CHECK(f.drain().empty());
    CHECK(f.core.waiting() == 2);
    f.core.engine_joined(7);
    const auto got = f.drain();
    REQUIRE(got.size() == 1);
    CHECK(got[0].engine == 7);
    CHECK(got[0].number == 1);
    CHECK(f.core.waiting() == 1);
    CHECK(f.core.outstanding(7) == 1);
  }

  TEST_CASE("an assignment carries what was submitted") {
    fixture f{1};
    REQUIRE(f.core.submit({.client = 4, .number = 9, .payload = text("hello"), .transfer_size = 77}) ==
            submission::accepted);
    const auto a = f.core.next();
    REQUIRE(a);
    CHECK(a->task == owner{4, 9});
    CHECK(a->payload.text() == "hello");
    CHECK(a->transfer_size == 77);
    CHECK(f.core.finished(a->id, 0, 1us) == owner{4, 9});
  }

  TEST_CASE("tasks spread evenly, oldest first, least recently used engine first") {
    fixture f{3};
    f.teach(1us);
    f.submit_all(1, 6);
    const auto got = f.drain();
    REQUIRE(got.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(got[i].number == i + 1);
      CHECK(got[i].engine == got[(i + 3) % 6].engine);
    }
    CHECK(f.core.outstanding(0) == 2);
    CHECK(f.core.outstanding(1) == 2);
    CHECK(f.core.outstanding(2) == 2);
  }

  TEST_CASE("the engine with the least work gets the next task") {
    fixture f{2};
    f.teach(1us);
    f.submit_all(1, 4);
    for (const auto& x : f.drain())
      if (x.engine == 1) CHECK(f.core.finished(x.id, 1, 1us));
    f.submit_all(5, 6);
    for (const auto& x : f.drain()) CHECK(x.engine == 1);
  }

  TEST_CASE("of idle engines the least recently used one gets the next task") {
    fixture f{3};
    std::vector<int> engines;
    for (std::uint64_t i = 0; i < 6; ++i) {
      f.submit(i);
      const auto x = f.drain().at(0);
      engines.push_back(x.engine);
      CHECK(f.core.finished(x.id, x.engine, 1us));
    }
    CHECK(engines == std::vector<int>{0, 1, 2, 0, 1, 2});
  }

  TEST_CASE("unknown and long tasks go one at a time, short ones many ahead") {
    fixture f{1};
    CHECK(f.core.window() == 1);
    f.teach(1us, 1);
    CHECK(f.core.window() == 256);
    f.submit_all(1, 1000);
    CHECK(f.drain().size() == 256);

    fixture middle{1};
    middle.teach(100us);
    CHECK(middle.core.window() == 20);
    fixture slow{1};
    slow.teach(10ms);
    CHECK(slow.core.window() == 2);
    fixture long_one{1};
    long_one.teach(50ms);
    CHECK(long_one.core.window() == 1);
  }

  TEST_CASE("a first task that loads a library does not slow down the short ones for long") {
    fixture f{1};
    f.teach(20ms, 1);
    CHECK(f.core.window() == 2);
    f.teach(2us, 30);
    CHECK(f.core.window() == 256);
  }

  TEST_CASE("a kind of task that turns out longer is given less ahead at once") {
    fixture f{1};
    f.teach(1us);
    f.teach(1ms, 1);
    CHECK(f.core.window() <= 4);
  }

  TEST_CASE("short tasks do not queue up behind a long one of another kind") {
    fixture f{1};
    const auto submit = [&](std::uint64_t number, std::uint32_t kind) {
      REQUIRE(f.core.submit({.client = 1, .number = number, .kind = kind}) == submission::accepted);
    };
    for (const std::uint32_t kind : {1U, 2U}) {
      submit(0, kind);
      for (const auto& x : f.drain()) REQUIRE(f.core.finished(x.id, x.engine, kind == 1 ? 1us : 1'000'000us));
    }
    CHECK(f.core.window(1) == 256);
    CHECK(f.core.window(2) == 1);
    submit(1, 2);
    for (std::uint64_t i = 2; i < 10; ++i) submit(i, 1);
    CHECK(f.drain_numbers() == numbers{1});
    f.core.engine_joined(1);
    CHECK(f.drain_numbers() == numbers{2, 3, 4, 5, 6, 7, 8, 9});
  }

  TEST_CASE("large payloads are not piled up at one engine") {
    fixture f{1};
    f.teach(1us);
    for (std::uint64_t i = 0; i < 10; ++i)
      REQUIRE(f.core.submit({.client = 1, .number = i, .transfer_size = 100'000'000}) == submission::accepted);
    CHECK(f.drain().size() == 2);
  }

  TEST_CASE("late, repeated and foreign outcomes are nothing") {
    fixture f{2};
    f.submit(1);
    const auto a = f.drain().at(0);
    CHECK_FALSE(f.core.finished(a.id, 1 - a.engine, 1us));
    CHECK_FALSE(f.core.finished(a.id + 1, a.engine, 1us));
    CHECK_FALSE(f.core.finished(0, a.engine, 1us));
    CHECK_FALSE(f.core.finished(~std::uint64_t{0}, a.engine, 1us));
    CHECK(f.core.finished(a.id, a.engine, 1us) == owner{1, 1});
    CHECK_FALSE(f.core.finished(a.id, a.engine, 1us));
    CHECK_FALSE(f.core.task_lost(a.id, a.engine, true));
    CHECK(f.drain().empty());
  }

  TEST_CASE("tasks of a lost engine move on, first and in their order") {
    fixture f{1};
    f.teach(1us);
    f.submit_all(1, 3);
    CHECK(f.drain().size() == 3);
    f.core.engine_paused(0);
    f.submit_all(4, 5);
    CHECK(f.core.engine_lost(0).empty());
    CHECK(f.core.waiting() == 5);
    f.core.engine_joined(1);
    CHECK(f.drain_numbers() == numbers{1, 2, 3, 4, 5});
  }

  TEST_CASE("lost tasks go back in the order of submission, whatever order they are reported in") {
    fixture f{1};
    f.teach(1us);
    f.submit_all(1, 6);
    const auto got = f.drain();
    f.core.engine_paused(0);
    f.submit(7);
    for (const auto i : {3U, 0U, 5U, 1U, 4U, 2U}) CHECK_FALSE(f.core.task_lost(got[i].id, 0, false));
    f.core.engine_resumed(0);
    CHECK(f.drain_numbers() == numbers{1, 2, 3, 4, 5, 6, 7});
  }

  TEST_CASE("the outcome of a run that was lost is late, also at the same engine") {
    fixture f{1};
    f.submit(1);
    const auto first = f.drain().at(0);
    CHECK_FALSE(f.core.task_lost(first.id, 0, true));
    const auto second = f.drain().at(0);
    CHECK(second.id != first.id);
    CHECK_FALSE(f.core.finished(first.id, 0, 1us));
    CHECK(f.core.finished(second.id, 0, 1us) == owner{1, 1});
  }

  TEST_CASE("a poison task is given up with the loss after the allowed ones") {
    fixture f{1, 3};
    f.submit(1);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(f.core.task_lost(f.drain().at(0).id, 0, true));
    const auto ended = f.core.task_lost(f.drain().at(0).id, 0, true);
    REQUIRE(ended);
    CHECK(*ended == given_up{{1, 1}, 4, reasons::losses});
    CHECK(f.drain().empty());
    CHECK(f.core.tasks_of(1) == 0);
  }

  TEST_CASE("losses of tasks that had not started are nobody's fault") {
    fixture f{1, 0};
    f.submit(1);
    for (int i = 0; i < 20; ++i) CHECK_FALSE(f.core.task_lost(f.drain().at(0).id, 0, false));
    CHECK(f.core.task_lost(f.drain().at(0).id, 0, true));
  }

  TEST_CASE("of a lost engine's tasks the oldest is blamed") {
    fixture f{1, 0};
    f.teach(1us);
    f.submit_all(1, 3);
    CHECK(f.drain().size() == 3);
    CHECK(f.core.engine_lost(0) == std::vector<given_up>{{{1, 1}, 1, reasons::losses}});
    CHECK(f.core.waiting() == 2);
  }

  TEST_CASE("a task that must not run twice ends with its engine once it may have started") {
    fixture f{1};
    const auto submit = [&](std::uint64_t number) {
      REQUIRE(f.core.submit({.client = 1, .number = number, .idempotent = false}) == submission::accepted);
      return f.drain().at(0);
    };
    const auto a = submit(1);
    CHECK_FALSE(f.core.task_lost(a.id, 0, false));
    const auto b = f.drain().at(0);
    CHECK(f.core.task_lost(b.id, 0, true) == given_up{{1, 1}, 1, reasons::not_idempotent});
    (void)submit(2);
    CHECK(f.core.engine_lost(0) == std::vector<given_up>{{{1, 2}, 1, reasons::not_idempotent}});
  }

  TEST_CASE("restricted tasks run only where they may") {
    fixture f{4};
    for (std::uint64_t i = 0; i < 8; ++i) f.submit(i, {3, 1, 3});
    std::size_t count = 0;
    while (count < 8)
      for (const auto& x : f.drain()) {
        CHECK((x.engine == 1 || x.engine == 3));
        CHECK(f.core.finished(x.id, x.engine, 1us));
        ++count;
      }
  }

  TEST_CASE("restricted tasks that wait do not block others") {
    fixture f{2};
    f.submit(1, {0});
    f.submit(2, {0});
    f.submit(3);
    f.submit(4, {1});
    const auto got = f.drain();
    REQUIRE(got.size() == 2);
    CHECK(got[0].number == 1);
    CHECK(got[1].number == 3);
    CHECK(f.core.finished(got[0].id, 0, 1s));
    CHECK(f.drain_numbers() == numbers{2});
  }

  TEST_CASE("restricted to unknown engines is impossible, to some unknown ones is not") {
    fixture f{1};
    const std::vector<int> unknown{5, 6}, some{5, 0};
    CHECK(f.core.submit({.client = 1, .number = 1, .allowed = unknown}) == submission::impossible);
    CHECK(f.core.waiting() == 0);
    CHECK(f.core.submit({.client = 1, .number = 2, .allowed = some}) == submission::accepted);
    CHECK(f.drain_numbers() == numbers{2});
    f.core.engine_joined(5);
    f.submit(3, some);
    CHECK(f.drain().at(0).engine == 5);
  }

  TEST_CASE("restricted tasks are given up with the last engine that may run them") {
    fixture f{3};
    f.submit(1, {0, 1});
    f.submit(2, {0, 1});
    f.submit(3, {0, 1});
    f.submit(4);
    CHECK(f.drain().size() == 3);
    CHECK(f.core.engine_lost(0).empty());
    const auto ended = f.core.engine_lost(1);
    REQUIRE(ended.size() == 3);
    for (const auto& x : ended) CHECK(x.reason == reasons::no_engine);
    CHECK(f.core.tasks_of(1) == 1);
  }

  TEST_CASE("a paused engine keeps its tasks and gets no more until it is resumed") {
    fixture f{2};
    f.core.engine_paused(0);
    f.submit_all(1, 2);
    const auto got = f.drain();
    REQUIRE(got.size() == 1);
    CHECK(got[0].engine == 1);
    f.core.engine_resumed(0);
    CHECK(f.drain().at(0).engine == 0);
  }

  TEST_CASE("a client that left gets nothing and leaves nothing") {
    fixture f{1};
    f.submit(1, {}, 1);
    f.submit(2, {}, 2);
    f.submit(3, {}, 1);
    const auto running = f.drain().at(0);
    f.core.client_gone(1);
    f.core.client_gone(1);
    CHECK(f.core.waiting() == 1);
    CHECK(f.core.tasks_of(1) == 0);
    CHECK_FALSE(f.core.finished(running.id, 0, 1us));
    CHECK(f.core.outstanding(0) == 0);
    CHECK(f.drain_numbers() == numbers{2});
  }

  TEST_CASE("tasks that wait are taken back; those that an engine has are never run again") {
    fixture f{2};
    f.submit_all(1, 5);
    const auto running = f.drain();
    REQUIRE(running.size() == 2);
    f.submit(1, {}, 2); // the same number, another client's
    const numbers all{1, 2, 3, 5, 77};
    const auto w = f.core.withdraw(1, all);
    CHECK(w.ended == numbers{3, 5});
    REQUIRE(w.running.size() == 2);
    CHECK(w.running[0].id == running[0].id);
    CHECK(w.running[0].engine == running[0].engine);
    CHECK(f.core.waiting() == 2);

    const auto given_up = f.core.engine_lost(running[0].engine);
    REQUIRE(given_up.size() == 1);
    CHECK(given_up[0].reason == reasons::withdrawn);
    CHECK(given_up[0].task.number == running[0].number);
    CHECK(f.core.ended(running[1].id, running[1].engine)->number == running[1].number);
    CHECK(f.drain_numbers().at(0) == 1); // the other client is to have its share
    CHECK(f.core.withdraw(1, all).running.empty());
    CHECK(f.core.withdraw(9, all).ended.empty());
  }

  TEST_CASE("what was restarted on purpose is not the task's fault") {
    fixture f{1, 0};
    f.submit(1);
    CHECK_FALSE(f.core.task_lost(f.drain().at(0).id, 0, true, false));
    const auto again = f.drain().at(0);
    CHECK(f.core.task_lost(again.id, 0, true)->reason == reasons::losses);
  }

  TEST_CASE("an orphan is not run again") {
    fixture f{1};
    f.submit(1);
    CHECK(f.drain().size() == 1);
    f.core.client_gone(1);
    CHECK(f.core.engine_lost(0).empty());
    CHECK(f.core.waiting() == 0);
    f.core.engine_joined(1);
    CHECK(f.drain().empty());
  }

  TEST_CASE("a payload is let go with the end of its task") {
    const auto witness = std::make_shared<int>();
    char byte = 'x';
    fixture f{1};
    const auto submit = [&] {
      REQUIRE(f.core.submit({.client = 1, .payload = detail::bytes::adopt(witness, &byte, 1)}) == submission::accepted);
    };
    submit();
    const auto a = f.drain().at(0);
    CHECK(witness.use_count() == 2);
    CHECK(f.core.finished(a.id, 0, 1s));
    CHECK(witness.use_count() == 1);
    submit();
    f.core.client_gone(1);
    CHECK(witness.use_count() == 1);
  }
}
