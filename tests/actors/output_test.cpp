// What tasks print, on its way through the controller.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"
#include "runtime/wire/sayings.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {
using direct = scheduler_fixture<direct_scheduler_state, 0>;
using balanced = scheduler_fixture<task_scheduler_state, transport::balanced>;

std::string published(std::string_view name, std::string_view value) {
  const auto b = wire::write_published(name, value);
  return {b.data(), b.size()};
}

std::string displayed(std::uint64_t size, std::uint64_t offset, std::string_view part) {
  wire::displayed_head h;
  h.size = size;
  h.offset = offset;
  if (offset == 0) h.name = h.media_type = 4;
  const auto b = wire::write_displayed(h, "name", "type", part);
  return {b.data(), b.size()};
}
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

  TEST_CASE_FIXTURE(direct, "the latest published values wait for a client that is slow, and pass before the outcome") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 0, "call").task(901, 0, "call"));
    const auto t = tasks(n);
    const auto publish = [&](std::size_t task, const std::string& payload) {
      outcomes(n, batch_writer{}.outcome(record_kind::published, t[task].head.id, 0, payload));
    };
    c->backlog = output_gate::most_waiting + 1;
    for (int i = 0; i < 10; ++i) publish(0, published("a", std::to_string(i)));
    publish(0, published("b", "only"));
    CHECK(results(c).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[0].head.id, 0, "value"));
    auto got = results(c);
    REQUIRE(got.size() == 3);
    CHECK(got[0].payload == published("a", "9"));
    CHECK(got[0].head.id == 900);
    CHECK(got[1].payload == published("b", "only"));
    CHECK(got[2].kind() == record_kind::result);

    publish(1, published("a", "old"));
    c->backlog = 0;
    publish(1, published("a", "new"));
    got = results(c);
    CHECK(got.back().payload == published("a", "new"));
    outcomes(n, batch_writer{}.outcome(record_kind::result, t[1].head.id, 0, "value"));
    CHECK(results(c).size() == 1);
  }

  TEST_CASE_FIXTURE(direct, "published values that find no room for a slow client are counted") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 0, "call"));
    const auto id = tasks(n).at(0).head.id;
    c->backlog = output_gate::most_waiting + 1;
    const std::string large(1 << 20, 'x');
    for (int i = 0; i < 20; ++i)
      outcomes(n, batch_writer{}.outcome(record_kind::published, id, 0, published(std::to_string(i), large)));
    outcomes(n, batch_writer{}.outcome(record_kind::result, id, 0, "value"));
    const auto got = results(c);
    REQUIRE(got.size() == 17);
    CHECK(got[15].kind() == record_kind::published);
    CHECK(got[15].head.transfer == 5);
    CHECK(got[15].payload.empty());
  }

  TEST_CASE_FIXTURE(direct, "of what is displayed to a client that is slow, name and size pass") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(900, 0, "call"));
    const auto id = tasks(n).at(0).head.id;
    const auto display = [&](std::uint64_t offset, std::string_view part) {
      outcomes(n, batch_writer{}.outcome(record_kind::displayed, id, 0, displayed(6, offset, part)));
    };
    c->backlog = output_gate::most_waiting + 1; // not enough to leave out what is there once only
    display(0, "abcdef");
    CHECK(results(c).at(0).payload == displayed(6, 0, "abcdef"));
    c->backlog = output_gate::most_waiting_displayed + 1;
    display(0, "abc");
    display(3, "def");
    const auto got = results(c);
    REQUIRE(got.size() == 1);
    CHECK(got[0].payload == displayed(6, 0, ""));
  }

  TEST_CASE_FIXTURE(balanced, "what a lost run published does not pass for the run after it") {
    const auto n = node({0});
    const auto c = client(1);
    submit(c, batch_writer{}.task(42, -1, call_of("job")));
    const auto first = tasks(n).at(0);
    c->backlog = output_gate::most_waiting + 1;
    outcomes(n, batch_writer{}.outcome(record_kind::published, first.head.id, 0, published("a", "first")));
    outcomes(n, batch_writer{}.lost(first.head.id, 0, true));
    const auto second = tasks(n).at(0);
    outcomes(n, batch_writer{}.outcome(record_kind::published, second.head.id, 0, published("b", "second")));
    outcomes(n, batch_writer{}.outcome(record_kind::result, second.head.id, 0, "value"));
    const auto got = results(c);
    REQUIRE(got.size() == 2);
    CHECK(got[0].payload == published("b", "second"));
    CHECK(got[0].head.count == 1);
  }
}
