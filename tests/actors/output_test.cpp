// What tasks print, on its way through the controller.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {
using direct = scheduler_fixture<direct_scheduler_state, 0>;
using balanced = scheduler_fixture<task_scheduler_state, transport::balanced>;
} // namespace

TEST_SUITE("output") {
  TEST_CASE_FIXTURE(direct, "output goes to the client whose task printed, and does not end the task") {
    const auto n = node({0});
    const auto c = client(1), other = client(2);
    submit(c, batch_writer{}.task(900, 0, "call"));
    const auto id = tasks(n).at(0).head.id;
    outcomes(n, batch_writer{}.outcome(record_kind::output, id, 0, "text", wire::error_stream));
    const auto printed = results(c);
    REQUIRE(printed.size() == 1);
    CHECK(printed[0].kind() == record_kind::output);
    CHECK(printed[0].head.id == 900);
    CHECK(printed[0].head.flags == wire::error_stream);
    CHECK(printed[0].payload == "text");
    CHECK(results(other).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, id, 0, "value"));
    CHECK(results(c).at(0).payload == "value");
    outcomes(n, batch_writer{}.outcome(record_kind::output, id, 0, "late"));
    CHECK(results(c).empty());
  }

  TEST_CASE_FIXTURE(direct, "an engine can't print for a task of another") {
    const auto a = node({0}), b = node({1});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 0, "call"));
    const auto id = tasks(a).at(0).head.id;
    outcomes(b, batch_writer{}.outcome(record_kind::output, id, 1, "text"));
    CHECK(results(c).empty());
  }

  TEST_CASE_FIXTURE(direct, "output for a client that is slow is left out, which is told before the outcome") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 0, "call").task(901, 0, "call"));
    const auto t = tasks(n);
    c->backlog = output_gate::most_waiting + 1;
    outcomes(n, batch_writer{}.outcome(record_kind::output, t[0].head.id, 0, "1234"));
    CHECK(results(c).empty());
    c->backlog = 0;
    outcomes(n, batch_writer{}.outcome(record_kind::output, t[0].head.id, 0, "5678"));
    auto got = results(c);
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.transfer == 4);
    CHECK(got[0].payload == "5678");

    c->backlog = output_gate::most_waiting + 1;
    outcomes(n, batch_writer{}.outcome(record_kind::output, t[0].head.id, 0, "90"));
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[0].head.id, 0, "value"));
    got = results(c);
    REQUIRE(got.size() == 2);
    CHECK(got[0].kind() == record_kind::output);
    CHECK(got[0].head.id == 900);
    CHECK(got[0].head.transfer == 2);
    CHECK(got[0].payload.empty());
    CHECK(got[1].kind() == record_kind::result);
  }

  TEST_CASE_FIXTURE(balanced, "a task's second run is told from its first") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(42, -1, call_of("job")));
    const auto first = tasks(n).at(0);
    outcomes(n, batch_writer{}.outcome(record_kind::output, first.head.id, 0, "first"));
    CHECK(results(c).at(0).head.count == 0);
    outcomes(n, batch_writer{}.lost(first.head.id, 0, true));
    const auto second = tasks(n).at(0);
    outcomes(n, batch_writer{}.outcome(record_kind::output, first.head.id, 0, "late"));
    CHECK(results(c).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::output, second.head.id, 0, "second"));
    const auto got = results(c);
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.id == 42);
    CHECK(got[0].head.count == 1);
  }
}
