// What the task scheduler makes of the options of balanced tasks.

#include "actors/task_scheduler.hpp"

#include "pactor/detail/failure.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

struct fixture : scheduler_fixture<task_scheduler_state, transport::balanced> {
  fake_link_ptr c = client(1);

  /// A task with options in front of it.
  void submit_with(const wire_options& o, std::uint64_t id) {
    wire::batch b;
    const auto body = encode(o);
    wire::record r;
    r.kind = static_cast<std::uint16_t>(record_kind::options);
    r.size = static_cast<std::uint32_t>(body.size());
    b.add(r, body.data());
    const auto payload = call_of("job");
    r = {};
    r.id = id;
    r.kind = static_cast<std::uint16_t>(record_kind::task);
    r.size = static_cast<std::uint32_t>(payload.size());
    b.add(r, payload.data());
    state.frame(arrives(c, frame_kind::balanced_tasks, b.take(), transport::balanced));
    flush();
  }
  void fails(const fake_link_ptr& n, const read_record& t, ec code, const std::string& what) {
    failure f;
    f.code = code;
    f.what = what;
    f.job = "job";
    const auto body = detail::encode_failure(f);
    outcomes(
        n, batch_writer{}.outcome(record_kind::failure, t.head.id, t.head.engine, {body.data(), body.size()}, 0, 1ms));
  }
  failure only_failure() {
    const auto r = results(c);
    REQUIRE(r.size() == 1);
    return r[0].as_failure();
  }
};

} // namespace

TEST_SUITE("task options") {
  TEST_CASE_FIXTURE(fixture, "a task's own error is tried again on another engine, as often as was said") {
    const auto n = node({0, 1});
    submit_with({.retries = 1}, 7);
    const auto first = tasks(n).at(0); // no options: they are the scheduler's
    CHECK(first.kind() == record_kind::task);
    CHECK(first.head.started == 7);
    fails(n, first, ec::remote_error, "once");
    CHECK(results(c).empty());
    const auto second = tasks(n).at(0);
    CHECK(second.head.engine != first.head.engine);
    fails(n, second, ec::remote_error, "twice");
    CHECK(only_failure().what == "twice");
    submit_with({.retries = 1}, 8);
    fails(n, tasks(n).at(0), ec::run_limit, "too long");
    CHECK(only_failure().code == ec::run_limit);
  }

  TEST_CASE_FIXTURE(fixture, "what an engine lacks others may have; when all lack it they are named") {
    const auto n = node({0, 1});
    for (const auto code : {ec::unmet_dependency, ec::bad_library}) {
      submit(c, batch_writer{}.task(1, -1, call_of("job")));
      fails(n, tasks(n).at(0), code, "no such device");
      CHECK(results(c).empty());
      fails(n, tasks(n).at(0), code, "no such device");
      const auto f = only_failure();
      CHECK(f.code == ec::impossible_dependency);
      CHECK(f.what.find("0") != std::string::npos);
      CHECK(f.what.find("1") != std::string::npos);
      CHECK(f.what.find("no such device") != std::string::npos);
    }
  }

  TEST_CASE_FIXTURE(fixture, "what must not run twice says so when its engine is lost") {
    const auto n = node({0});
    submit_with({.idempotent = false}, 1);
    outcomes(n, batch_writer{}.lost(tasks(n).at(0).head.id, 0, true, "it died"));
    const auto f = only_failure();
    CHECK(f.code == ec::engine_lost);
    CHECK(f.what == "it died; this task may have started, and it must not run twice");
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(fixture, "a task that waits too long for an engine is told so") {
    std::optional<std::chrono::nanoseconds> delay;
    state.on_wake([&](std::chrono::nanoseconds d) { delay = d; });
    submit_with({.timeout = 1}, 1);
    while (delay) {
      delay.reset();
      state.look_again();
    }
    const auto f = only_failure();
    CHECK(f.code == ec::task_timeout);
    CHECK(f.what.find("for an engine (dependencies included)") != std::string::npos);
    CHECK(state.waiting() == 0);
  }

  TEST_CASE_FIXTURE(fixture, "higher priorities go first") {
    submit_with({}, 1);
    submit_with({.priority = 5}, 2);
    const auto n = node({0});
    CHECK(tasks(n).at(0).head.started == 2);
  }

  TEST_CASE_FIXTURE(fixture, "a client that does not read gets no more tasks handed out until it has") {
    std::optional<std::chrono::nanoseconds> delay;
    state.on_wake([&](std::chrono::nanoseconds d) { delay = d; });
    const auto n = node({0, 1});
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    REQUIRE(tasks(n).size() == 1);
    c->backlog = std::size_t{64} << 20;
    const auto look = [&] { // it looks once a millisecond at most
      const auto until = std::chrono::steady_clock::now() + 2ms;
      while (std::chrono::steady_clock::now() < until) {
      }
      state.look_again();
    };
    look();
    REQUIRE(delay);
    submit(c, batch_writer{}.task(2, -1, call_of("job")));
    CHECK(tasks(n).empty());
    c->backlog = 0;
    look();
    CHECK(tasks(n).size() == 1);
  }

  TEST_CASE_FIXTURE(fixture, "what waits behind a long task is taken back for an engine that is idle") {
    const auto n = node({0});
    std::optional<std::chrono::nanoseconds> delay;
    state.on_wake([&](std::chrono::nanoseconds d) { delay = d; });
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    outcomes(n, batch_writer{}.outcome(record_kind::result, tasks(n).at(0).head.id, 0, "", 0, 10ms));
    submit(c, batch_writer{}.task(2, -1, call_of("job")).task(3, -1, call_of("job")));
    const auto held = tasks(n);
    REQUIRE(held.size() == 2);
    const auto other = node({1});
    CHECK(tasks(other).empty());
    const auto order = decode<task_control>(n->take_one(frame_kind::task_control).body);
    CHECK(order.how == give_back);
    CHECK(order.tasks == std::vector{held[1].head.id});
    CHECK(order.engines == std::vector{0});
    outcomes(n, batch_writer{}.outcome(
                    record_kind::lost, held[1].head.id, 0,
                    [] {
                      const auto b = detail::encode_failure({});
                      return std::string{b.data(), b.size()};
                    }(),
                    wire::unblamed));
    CHECK(tasks(other).at(0).head.started == 3);
    CHECK(results(c).size() == 1);
  }
}
