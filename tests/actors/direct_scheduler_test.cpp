#include "actors/direct_scheduler.hpp"

#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {
using fixture = scheduler_fixture<direct_scheduler_state, 0>;
}

TEST_SUITE("direct scheduler") {
  TEST_CASE_FIXTURE(fixture, "a task goes to its engine's node, its outcome back under the client's number") {
    const auto a = node({0}), b = node({1});
    const auto c = client(1), other = client(2);
    submit(c, batch_writer{}.task(900, 1, "call"));
    CHECK(tasks(a).empty());
    const auto t = tasks(b);
    REQUIRE(t.size() == 1);
    CHECK(t[0].kind() == record_kind::task);
    CHECK(t[0].head.engine == 1);
    CHECK(t[0].payload == "call");

    outcomes(b, batch_writer{}.outcome(record_kind::result, t[0].head.id, 1, "value", 0, std::chrono::nanoseconds{5}));
    CHECK(results(other).empty());
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 900);
    CHECK(r[0].head.engine == 1);
    CHECK(r[0].head.completed - r[0].head.started == 5);
    CHECK(r[0].payload == "value");
  }

  TEST_CASE_FIXTURE(fixture, "a node speaks for its own engines; one that answers for another's is cut off") {
    const auto a = node({0}), b = node({1});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 1, "call"));
    const auto t = tasks(b);
    REQUIRE(t.size() == 1);
    outcomes(a, batch_writer{}.outcome(record_kind::result, t[0].head.id, 1, "forged"));
    CHECK(results(c).empty());
    REQUIRE(a->closed);
    CHECK(a->closed->find("another node's") != std::string::npos);
    outcomes(b, batch_writer{}.outcome(record_kind::result, t[0].head.id, 1, "value"));
    CHECK(results(c).at(0).payload == "value");
    CHECK_FALSE(b->closed);
  }

  TEST_CASE_FIXTURE(fixture, "clients may use the same numbers") {
    const auto n = node({0});
    const auto c = client(1), d = client(2);
    submit(c, batch_writer{}.task(5, 0, "of c"));
    submit(d, batch_writer{}.task(5, 0, "of d"));
    const auto t = tasks(n);
    REQUIRE(t.size() == 2);
    CHECK(t[0].head.id != t[1].head.id);
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[1].head.id, 0, "d"));
    CHECK(results(c).empty());
    CHECK(results(d).at(0).head.id == 5);
  }

  TEST_CASE_FIXTURE(fixture, "tasks of one engine keep their order") {
    const auto n = node({0, 1});
    const auto c = client(1);
    batch_writer batch;
    for (std::uint64_t i = 0; i < 100; ++i) batch.task(i, static_cast<int>(i % 2), std::to_string(i));
    submit(c, batch);
    const auto t = tasks(n);
    REQUIRE(t.size() == 100);
    for (std::size_t i = 0; i < t.size(); ++i) CHECK(t[i].payload == std::to_string(i));
  }

  TEST_CASE_FIXTURE(fixture, "a payload for several engines crosses once a node") {
    const auto a = node({0, 1, 2}), b = node({3});
    const auto c = client(1);
    submit(c, batch_writer{}.targets({{10, 0, 0}, {11, 2, 0}, {12, 3, 0}}).task(0, -1, "shared"));

    const auto at_a = tasks(a);
    REQUIRE(at_a.size() == 2);
    CHECK(at_a[0].kind() == record_kind::targets);
    const auto list = at_a[0].as_targets();
    REQUIRE(list.size() == 2);
    CHECK(list[0].engine == 0);
    CHECK(list[1].engine == 2);
    CHECK(at_a[1].head.engine == -1);
    CHECK(at_a[1].payload == "shared");

    const auto at_b = tasks(b);
    REQUIRE(at_b.size() == 1);
    CHECK(at_b[0].head.engine == 3);
    CHECK(at_b[0].payload == "shared");

    outcomes(a, batch_writer{}.outcome(record_kind::result, list[1].id, 2, "r"));
    CHECK(results(c).at(0).head.id == 11);
  }

  TEST_CASE_FIXTURE(fixture, "targets belong to the next task only") {
    const auto n = node({0, 1});
    const auto c = client(1);
    submit(c, batch_writer{}.targets({{1, 0, 0}, {2, 1, 0}}).task(0, -1, "both").task(3, -1, "none"));
    CHECK(tasks(n).size() == 2);
  }

  TEST_CASE_FIXTURE(fixture, "a task for an engine that is not there fails, the others run") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(1, 7, "lost").targets({{2, 0, 0}, {3, 8, 0}}).task(0, -1, "half lost"));
    CHECK(tasks(n).size() == 1);
    const auto r = results(c);
    REQUIRE(r.size() == 2);
    CHECK(r[0].kind() == record_kind::failure);
    CHECK(r[0].head.id == 1);
    CHECK(r[0].as_failure().code == ec::engine_lost);
    CHECK(r[0].as_failure().engine == 7);
    CHECK(r[1].head.id == 3);
    CHECK(r[1].head.engine == 8);
  }

  TEST_CASE_FIXTURE(fixture, "what a lost node owes fails at once") {
    const auto a = node({0, 1}), b = node({2});
    const auto c = client(1), d = client(2);
    submit(c, batch_writer{}.task(1, 0, "x").task(2, 1, "x").task(3, 2, "x"));
    submit(d, batch_writer{}.task(1, 1, "x"));
    lose(a);
    const auto r = results(c);
    REQUIRE(r.size() == 2);
    for (const auto& f : r) {
      CHECK(f.kind() == record_kind::failure);
      CHECK(f.as_failure().code == ec::engine_lost);
      CHECK(f.as_failure().host == "here");
    }
    CHECK(results(d).size() == 1);
    const auto t = tasks(b);
    REQUIRE(t.size() == 1);
    outcomes(b, batch_writer{}.outcome(record_kind::result, t[0].head.id, 2, "fine"));
    CHECK(results(c).at(0).payload == "fine");
    submit(c, batch_writer{}.task(4, 0, "late"));
    CHECK(results(c).at(0).as_failure().code == ec::engine_lost);
  }

  TEST_CASE_FIXTURE(fixture, "a worker that died under a task is a failure for the client, and is not run again") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(1, 0, "x"));
    const auto t = tasks(n);
    outcomes(n, batch_writer{}.lost(t.at(0).head.id, 0, true, "signal 11"));
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].kind() == record_kind::failure);
    CHECK(r[0].head.id == 1);
    CHECK(r[0].as_failure().what == "signal 11");
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(fixture, "outcomes of a client that left are dropped") {
    const auto n = node({0});
    const auto c = client(1), d = client(2);
    submit(c, batch_writer{}.task(1, 0, "x"));
    submit(d, batch_writer{}.task(1, 0, "x"));
    const auto t = tasks(n);
    lose(c);
    outcomes(n, batch_writer{}
                    .outcome(record_kind::result, t[0].head.id, 0, "of c")
                    .outcome(record_kind::result, t[1].head.id, 0, "of d"));
    CHECK(c->sent.empty());
    CHECK(results(d).at(0).payload == "of d");
  }

  TEST_CASE_FIXTURE(fixture, "late, double and invented outcomes are dropped") {
    const auto n = node({0}), other = node({1});
    const auto c = client(1);
    submit(c, batch_writer{}.task(1, 0, "x"));
    const auto id = tasks(n).at(0).head.id;
    outcomes(other, batch_writer{}.outcome(record_kind::result, id, 1, "not its task"));
    outcomes(n, batch_writer{}.outcome(record_kind::result, id + 1, 0, "no task"));
    CHECK(results(c).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, id, 0, "yes"));
    outcomes(n, batch_writer{}.outcome(record_kind::result, id, 0, "again"));
    CHECK(results(c).size() == 1);
  }

  TEST_CASE_FIXTURE(fixture, "a peer that sends what makes no sense is cut off in words") {
    const auto n = node({0});
    const auto c = client(1), good = client(2);
    SUBCASE("torn batch") { state.frame(arrives(c, frame_kind::direct_tasks, bytes_of("torn"))); }
    SUBCASE("a record that is no task") { submit(c, batch_writer{}.outcome(record_kind::result, 1, 0, "?")); }
    SUBCASE("targets of no whole number") {
      wire::record r;
      r.kind = static_cast<std::uint16_t>(record_kind::targets);
      r.size = 5;
      wire::batch b;
      b.add(r, "12345");
      state.frame(arrives(c, frame_kind::direct_tasks, b.take()));
    }
    CHECK(c->count(frame_kind::refused) == 1);
    CHECK(c->closed);
    submit(good, batch_writer{}.task(1, 0, "x"));
    CHECK(tasks(n).size() == 1);
  }

  TEST_CASE_FIXTURE(fixture, "tasks of someone who is no client are ignored") {
    const auto n = node({0});
    submit(link_to(security::role::client), batch_writer{}.task(1, 0, "x"));
    submit(n, batch_writer{}.task(1, 0, "x"));
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(fixture, "a large payload is forwarded piece by piece, once a node, at the pace of the slowest") {
    const auto a = node({0, 1}), b = node({2});
    const auto c = client(1);
    constexpr auto size = transport::piece_size + 10;
    submit(c, batch_writer{}.targets({{1, 0, 0}, {2, 1, 0}, {3, 2, 0}}).large_task(0, -1, 77, size));
    const auto ta = tasks(a), tb = tasks(b);
    REQUIRE(ta.size() == 2);
    REQUIRE(tb.size() == 1);
    CHECK((ta[1].head.flags & wire::transferred) != 0);
    CHECK(ta[1].head.transfer != tb[0].head.transfer);

    const auto first = pattern(transport::piece_size);
    state.frame(arrives(c, frame_kind::piece, first, 0, 77, 0));
    const auto pa = a->take_one(frame_kind::piece), pb = b->take_one(frame_kind::piece);
    CHECK(pa.tag == ta[1].head.transfer);
    CHECK(pb.tag == tb[0].head.transfer);
    CHECK(pa.body.data == first.data()); // not copied

    state.frame(arrives(a, frame_kind::credit, {}, 0, pa.tag, 1));
    CHECK(c->count(frame_kind::credit) == 0);
    state.frame(arrives(b, frame_kind::credit, {}, 0, pb.tag, 1));
    const auto credit = c->take_one(frame_kind::credit);
    CHECK(credit.tag == 77);
    CHECK(credit.aux == 1);
  }

  TEST_CASE_FIXTURE(fixture, "a large payload that no engine takes is swallowed, so that the client's window opens") {
    const auto c = client(1);
    submit(c, batch_writer{}.large_task(1, 5, 77, 100));
    CHECK(results(c).at(0).as_failure().code == ec::engine_lost);
    state.frame(arrives(c, frame_kind::piece, pattern(100), 0, 77, 0));
    CHECK(c->take_one(frame_kind::credit).tag == 77);
  }

  TEST_CASE_FIXTURE(fixture, "a client that leaves in the middle of a large payload: the nodes are told") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.large_task(1, 0, 77, 100));
    const auto t = tasks(n);
    lose(c);
    CHECK(n->take_one(frame_kind::abandon).tag == t.at(0).head.transfer);
  }

  TEST_CASE_FIXTURE(fixture, "a large result goes to its client as pieces") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(9, 0, "x"));
    const auto id = tasks(n).at(0).head.id;
    outcomes(n, batch_writer{}.large_result(id, 0, 5, 100));
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 9);
    const auto tag = r[0].head.transfer;
    state.frame(arrives(n, frame_kind::piece, pattern(100), transport::upward, 5, 0));
    const auto p = c->take_one(frame_kind::piece);
    CHECK(p.tag == tag);
    CHECK(p.flags == transport::upward);
    state.frame(arrives(c, frame_kind::credit, {}, transport::upward, tag, 1));
    CHECK(n->take_one(frame_kind::credit).tag == 5);

    SUBCASE("the client is gone") {
      submit(c, batch_writer{}.task(10, 0, "x"));
      const auto next = tasks(n).at(0).head.id;
      lose(c);
      outcomes(n, batch_writer{}.large_result(next, 0, 6, 100));
      state.frame(arrives(n, frame_kind::piece, pattern(100), transport::upward, 6, 0));
      CHECK(n->take_one(frame_kind::credit).tag == 6);
    }
    SUBCASE("the node is gone in the middle") {
      submit(c, batch_writer{}.task(10, 0, "x"));
      const auto next = tasks(n).at(0).head.id;
      outcomes(n, batch_writer{}.large_result(next, 0, 6, 100));
      const auto lost = results(c).at(0).head.transfer;
      lose(n);
      CHECK(c->take_one(frame_kind::abandon).tag == lost);
    }
  }
}
