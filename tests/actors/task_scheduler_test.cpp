#include "actors/task_scheduler.hpp"

#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <malloc.h>
#include <map>

using namespace pactor;
using namespace pactor::test;

namespace {

using fixture = scheduler_fixture<task_scheduler_state, transport::balanced>;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// `count` tasks, the ids of which begin with `first`.
batch_writer many(std::size_t count, std::uint64_t first = 0, std::string_view job = "job") {
  batch_writer b;
  for (std::size_t i = 0; i < count; ++i) b.task(first + i, -1, call_of(job, std::to_string(first + i)));
  return b;
}

} // namespace

TEST_SUITE("task scheduler") {
  TEST_CASE_FIXTURE(fixture, "a task runs on some engine, its outcome goes back under the client's number") {
    const auto n = node({3});
    const auto c = client(1);
    submit(c, many(1, 500));
    const auto f = n->take_one(frame_kind::tasks);
    CHECK(f.flags == transport::balanced);
    const auto t = records(f.body);
    CHECK(t.at(0).head.engine == 3);
    CHECK(t.at(0).payload == call_of("job", "500"));
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[0].head.id, 3, "value"));
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 500);
    CHECK(r[0].payload == "value");
  }

  TEST_CASE_FIXTURE(fixture, "tasks wait while there is no engine") {
    const auto c = client(1);
    submit(c, many(3));
    CHECK(state.waiting() == 3);
    const auto n = node({0, 1, 2});
    CHECK(tasks(n).size() == 3);
    CHECK(state.waiting() == 0);
  }

  TEST_CASE_FIXTURE(fixture, "of unknown tasks each engine gets one, the least busy first") {
    const auto a = node({0, 1}), b = node({2});
    const auto c = client(1);
    submit(c, many(10));
    auto t = tasks(a);
    for (auto& r : tasks(b)) t.push_back(r);
    REQUIRE(t.size() == 3);
    std::map<int, int> per_engine;
    for (const auto& r : t) ++per_engine[r.head.engine];
    CHECK(per_engine.size() == 3);
    CHECK(state.waiting() == 7);

    // The one that is done gets the next.
    const auto done = std::find_if(t.begin(), t.end(), [](const auto& r) { return r.head.engine == 1; });
    outcomes(a, batch_writer{}.outcome(record_kind::result, done->head.id, 1, "", 0, milliseconds{100}));
    const auto next = tasks(a);
    REQUIRE(next.size() == 1);
    CHECK(next[0].head.engine == 1);
    CHECK(tasks(b).empty());
  }

  TEST_CASE_FIXTURE(fixture, "short tasks are handed out ahead, in a bounded number") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(2'000));
    std::size_t most = 0, done = 0;
    auto owed = tasks(n);
    while (!owed.empty()) {
      most = std::max(most, owed.size());
      batch_writer back;
      for (const auto& t : owed) back.outcome(record_kind::result, t.head.id, 0, "", 0, microseconds{1});
      done += owed.size();
      outcomes(n, back);
      owed = tasks(n);
    }
    CHECK(done == 2'000);
    CHECK(results(c).size() == 2'000);
    CHECK(most > 1);
    CHECK(most <= 256);
  }

  TEST_CASE_FIXTURE(fixture, "a task whose engine died runs on another, whatever the client thinks") {
    const auto a = node({0}), b = node({1});
    const auto c = client(1);
    submit(c, many(1, 42));
    auto& first = a->count(frame_kind::tasks) == 1 ? a : b;
    auto& second = first == a ? b : a;
    const auto t = tasks(first).at(0);
    state.available({t.head.engine, false});
    outcomes(first, batch_writer{}.lost(t.head.id, t.head.engine, true));
    const auto again = tasks(second);
    REQUIRE(again.size() == 1);
    CHECK(again[0].payload == t.payload);
    CHECK(again[0].head.id != t.head.id);
    CHECK(results(c).empty());
    outcomes(second, batch_writer{}.outcome(record_kind::result, again[0].head.id, again[0].head.engine, "v"));
    CHECK(results(c).at(0).head.id == 42);
  }

  TEST_CASE_FIXTURE(fixture, "a task under which engine after engine dies is given up, and the last death is named") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(1, 42));
    std::size_t runs = 0;
    for (auto t = tasks(n); !t.empty(); t = tasks(n)) {
      REQUIRE(++runs < 20);
      outcomes(n, batch_writer{}.lost(t[0].head.id, 0, true, "signal 11"));
    }
    CHECK(runs == 4);
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 42);
    const auto f = r[0].as_failure();
    CHECK(f.code == ec::engine_lost);
    CHECK(f.what.find("4 engines died") != std::string::npos);
    CHECK(f.what.find("signal 11") != std::string::npos);
  }

  TEST_CASE_FIXTURE(fixture, "a task that had not started when its engine died loses nothing of its budget") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(1, 42));
    for (int i = 0; i < 20; ++i) {
      const auto t = tasks(n);
      REQUIRE(t.size() == 1);
      outcomes(n, batch_writer{}.lost(t[0].head.id, 0, false));
    }
    CHECK(results(c).empty());
  }

  TEST_CASE_FIXTURE(fixture, "an engine that is paused gets nothing until it is resumed") {
    const auto n = node({0});
    const auto c = client(1);
    state.available({0, false});
    submit(c, many(1));
    CHECK(tasks(n).empty());
    state.available({0, true});
    flush();
    CHECK(tasks(n).size() == 1);
  }

  TEST_CASE_FIXTURE(fixture, "what a lost node had runs elsewhere") {
    const auto a = node({0, 1});
    const auto c = client(1);
    submit(c, many(5, 10));
    CHECK(tasks(a).size() == 2);
    lose(a);
    CHECK(state.waiting() == 5);
    const auto b = node({2});
    std::vector<std::string> order;
    for (auto t = tasks(b); !t.empty(); t = tasks(b)) {
      for (const auto& r : t) order.push_back(r.payload);
      batch_writer back;
      for (const auto& r : t) back.outcome(record_kind::result, r.head.id, 2, "", 0, milliseconds{100});
      outcomes(b, back);
    }
    REQUIRE(order.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) CHECK(order[i] == call_of("job", std::to_string(10 + i)));
    CHECK(results(c).size() == 5);
    CHECK(a->count(frame_kind::outcomes) == 0);
  }

  TEST_CASE_FIXTURE(fixture, "outcomes of a client that left are dropped, its waiting tasks forgotten") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(3));
    const auto t = tasks(n);
    REQUIRE(t.size() == 1);
    lose(c);
    CHECK(state.waiting() == 0);
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[0].head.id, 0, "v"));
    CHECK(c->sent.empty());
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(fixture, "a restricted task runs where it may, and fails where there is nothing") {
    const auto n = node({0, 1, 2});
    const auto c = client(1);
    submit(c, batch_writer{}.allowed({2}).task(1, -1, call_of("j")).allowed({8, 9}).task(2, -1, call_of("j")));
    const auto t = tasks(n);
    REQUIRE(t.size() == 1);
    CHECK(t[0].head.engine == 2);
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 2);
    CHECK(r[0].as_failure().code == ec::no_engines);
  }

  TEST_CASE_FIXTURE(fixture, "a restricted task whose last engine is gone fails") {
    const auto n = node({0});
    const auto c = client(1);
    node({1});
    submit(c, batch_writer{}.allowed({0}).task(1, -1, call_of("j")).allowed({0}).task(2, -1, call_of("j")));
    lose(n);
    const auto r = results(c);
    REQUIRE(r.size() == 2);
    for (const auto& x : r) CHECK(x.as_failure().code == ec::engine_lost);
  }

  TEST_CASE_FIXTURE(fixture, "a client that sends what makes no sense is cut off in words") {
    const auto c = client(1);
    SUBCASE("torn batch") { state.frame(arrives(c, frame_kind::balanced_tasks, bytes_of("torn"), 1)); }
    SUBCASE("a record that is no task") { submit(c, batch_writer{}.outcome(record_kind::result, 1, 0, "?")); }
    SUBCASE("a large payload of no size") { submit(c, batch_writer{}.large_task(1, -1, 3, 0)); }
    SUBCASE("a payload too large") { submit(c, batch_writer{}.large_task(1, -1, 3, std::uint64_t{1} << 33)); }
    SUBCASE("a piece outside its payload") {
      submit(c, batch_writer{}.large_task(1, -1, 3, 10));
      state.frame(arrives(c, frame_kind::piece, pattern(11), transport::balanced, 3, 0));
    }
    CHECK(c->count(frame_kind::refused) == 1);
    CHECK(c->closed);
    CHECK(state.waiting() == 0);
  }

  TEST_CASE_FIXTURE(fixture, "a large payload is kept until its task ended, so that it can be sent again") {
    const auto n = node({0});
    const auto c = client(1);
    constexpr auto size = transport::piece_size + 100;
    const auto payload = pattern(size);
    submit(c, batch_writer{}.large_task(1, -1, 3, size));
    CHECK(tasks(n).empty());
    const auto first = detail::bytes::copy(payload.data(), transport::piece_size);
    const auto rest = detail::bytes::copy(payload.data() + transport::piece_size, 100);
    state.frame(arrives(c, frame_kind::piece, first, transport::balanced, 3, 0));
    CHECK(c->take_one(frame_kind::credit).tag == 3);
    state.frame(arrives(c, frame_kind::piece, rest, transport::balanced, 3, transport::piece_size));
    flush();

    for (int run = 0; run < 2; ++run) {
      const auto t = tasks(n);
      REQUIRE(t.size() == 1);
      CHECK((t[0].head.flags & wire::transferred) != 0);
      std::string got;
      for (const auto& p : n->take(frame_kind::piece)) {
        CHECK(p.tag == t[0].head.transfer);
        CHECK(p.aux == got.size());
        got.append(p.body.text());
      }
      CHECK(got == std::string(payload.data(), size));
      outcomes(n, batch_writer{}.lost(t[0].head.id, 0, true));
    }
  }

  TEST_CASE_FIXTURE(fixture, "a large payload whose client leaves on the way is forgotten") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.large_task(1, -1, 3, 100));
    lose(c);
    state.frame(arrives(c, frame_kind::piece, pattern(100), transport::balanced, 3, 0));
    flush();
    CHECK(state.waiting() == 0);
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(fixture, "what a turn of reading led to leaves at its end, as one frame") {
    const auto n = node({0, 1, 2});
    const auto c = client(1);
    flushes = 0;
    for (std::uint64_t i = 0; i < 3; ++i)
      state.frame_in_turn(arrives(c, frame_kind::balanced_tasks, many(1, i).take(), transport::balanced));
    CHECK(flushes == 0);
    CHECK(n->sent.empty());
    state.end_turn();
    CHECK(records(n->take_one(frame_kind::tasks).body).size() == 3);
    state.end_turn();
    CHECK(n->sent.empty());
    submit(c, many(1)); // outside of a turn it is a message that flushes
    CHECK(state.waiting() == 1);
  }

  // In the I/O thread, outside of any actor, an exception is the end of the controller.
  TEST_CASE_FIXTURE(fixture, "a node whose losses are no failures does not throw anyone") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(1));
    for (int run = 0; run < 4; ++run) {
      const auto t = tasks(n);
      REQUIRE(t.size() == 1);
      CHECK_NOTHROW(outcomes(n, batch_writer{}.outcome(record_kind::lost, t[0].head.id, 0, "\xc1", wire::started)));
    }
    CHECK((n->closed || !results(c).empty()));
  }

  TEST_CASE_FIXTURE(fixture, "tags of large results differ from those of the other scheduler") {
    // A client knows arrivals by tag alone.
    const auto n = node({0});
    const auto c = client(1);
    submit(c, many(1));
    outcomes(n, batch_writer{}.large_result(tasks(n).at(0).head.id, 0, 5, 100));
    CHECK(results(c).at(0).head.transfer % 2 == 0);
  }

  TEST_CASE_FIXTURE(fixture, "a million small tasks that wait have room in a gigabyte") {
    const auto used = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
    const auto c = client(1);
    constexpr std::size_t batches = 100, each = 1000; // a tenth of that is enough to see
    const auto before = used();
    for (std::size_t b = 0; b < batches; ++b) {
      batch_writer tasks;
      for (std::size_t i = 0; i < each; ++i) tasks.task(b * each + i + 1, -1, call_of("job", "a small argument"));
      submit(c, tasks);
    }
    REQUIRE(state.waiting() == batches * each);
    CHECK(used() - before < batches * each * 1000);
  }

  TEST_CASE_FIXTURE(fixture, "payloads on their way count for what a client may have open") {
    const auto n = node({0});
    const auto c = client(1), other = client(2);
    constexpr auto most = (std::uint64_t{1} << 32) - 1;
    submit(c, batch_writer{}.large_task(9, -1, 3, most).large_task(10, -1, 4, 2));
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 10);
    CHECK(r[0].as_failure().code == ec::would_block);
    state.frame(arrives(c, frame_kind::piece, pattern(2), transport::balanced, 4, 0)); // is thrown away
    CHECK(c->take_one(frame_kind::credit).tag == 4);
    submit(other, batch_writer{}.large_task(9, -1, 3, 2));
    state.frame(arrives(other, frame_kind::piece, pattern(2), transport::balanced, 3, 0));
    flush();
    CHECK(tasks(n).size() == 1);
    state.frame(arrives(c, frame_kind::abandon, {}, transport::balanced, 3));
    submit(c, batch_writer{}.large_task(11, -1, 5, 100));
    CHECK(results(c).empty()); // the one that was given up left its place
    CHECK_FALSE(c->closed);
    submit(c, batch_writer{}.large_task(12, -1, 5, 8));
    CHECK(c->closed); // the number of another
    CHECK_FALSE(other->closed);
  }
}
