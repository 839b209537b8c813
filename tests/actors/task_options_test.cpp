// What the task scheduler makes of the options of balanced tasks.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"

#include "pactor/detail/failure.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

struct fixture : scheduler_fixture<task_scheduler_state, transport::balanced> {
  fake_link_ptr c = client(1);

  /// A task with options in front of it.
  void submit_with(const wire_options& o, std::uint64_t id) {
    submit(c, batch_writer{}.options(o).task(id, -1, call_of("job")));
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

/// Both schedulers of a controller.
struct dependency_fixture : fixture {
  std::shared_ptr<task_ends> ends = std::make_shared<task_ends>();
  scheduler_fixture<direct_scheduler_state, 0> direct;
  fake_link_ptr n;

  dependency_fixture() {
    state.share(ends);
    direct.state.share(ends);
    state.watch_ends();
    lose(c);
    c = client(1); // anew, now that the ends are shared
    direct.state.join(client_joined{1, c});
    n = node({0, 1});
    direct.state.join(node_joined{"here", n, {0, 1}});
  }
  static wire_dependency on(std::vector<std::uint64_t> tasks) {
    wire_dependency d;
    for (const auto t : tasks) d.parents.push_back({t});
    return d;
  }
  void succeeds(const read_record& t) {
    outcomes(n, batch_writer{}.outcome(record_kind::result, t.head.id, t.head.engine, "v", 0, 100ms));
  }
};

} // namespace

TEST_SUITE("task options") {
  TEST_CASE_FIXTURE(dependency_fixture, "a task runs after others, of whichever scheduler") {
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    const auto first = tasks(n).at(0);
    direct.submit(c, batch_writer{}.task(2, 1, call_of("job")));
    const auto second = tasks(n).at(0);
    submit_with({.after = on({1, 2})}, 3);
    CHECK(tasks(n).empty());
    CHECK(state.waiting() == 1);
    succeeds(first);
    CHECK(tasks(n).empty());
    direct.outcomes(n, batch_writer{}.outcome(record_kind::result, second.head.id, 1, "v"));
    flush();
    const auto third = tasks(n);
    REQUIRE(third.size() == 1);
    CHECK(third[0].head.started == 3);
    (void)results(c);
    submit_with({.after = on({1})}, 4); // it has ended, which the client did not know yet
    CHECK(tasks(n).size() == 1);
  }

  TEST_CASE_FIXTURE(dependency_fixture, "what can't come true any more ends at once, and all that depends on it") {
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    submit_with({.after = on({1})}, 2);
    submit_with({.after = on({2})}, 3);
    wire_dependency cleanup = on({2});
    cleanup.success = false;
    cleanup.failure = true;
    submit_with({.after = cleanup}, 4);
    CHECK(results(c).empty());
    fails(n, tasks(n).at(0), ec::remote_error, "no");
    const auto r = results(c);
    REQUIRE(r.size() == 3);
    CHECK(r[1].head.id == 2);
    CHECK(r[1].as_failure().code == ec::impossible_dependency);
    CHECK(r[1].as_failure().what.find("task 1.1") != std::string::npos);
    CHECK(r[2].head.id == 3);
    CHECK(r[2].as_failure().what.find("task 1.2") != std::string::npos);
    CHECK(tasks(n).at(0).head.started == 4);
  }

  TEST_CASE_FIXTURE(dependency_fixture, "a long chain falls without taking the controller along") {
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    constexpr std::uint64_t last = 20'000;
    for (std::uint64_t i = 2; i <= last; ++i) submit_with({.after = on({i - 1})}, i);
    fails(n, tasks(n).at(0), ec::remote_error, "no");
    CHECK(results(c).size() == last);
    CHECK(state.waiting() == 0);
  }

  TEST_CASE_FIXTURE(dependency_fixture, "a task that depends on one that is not known is refused") {
    submit_with({.after = on({77})}, 1);
    auto f = only_failure();
    CHECK(f.code == ec::invalid_dependency);
    CHECK(f.what.find("task 1.77") != std::string::npos);
    submit_with({.after = on({2})}, 2); // itself
    CHECK(only_failure().code == ec::invalid_dependency);
    wire_dependency none = on({1});
    none.success = false;
    submit_with({.after = none}, 3);
    CHECK(only_failure().code == ec::invalid_dependency);
  }

  TEST_CASE_FIXTURE(dependency_fixture, "a task runs where the one ran that it follows, or not at all") {
    for (int i = 0; i < 3; ++i) {
      wire_dependency there;
      there.parents.push_back({99, 1, 1});
      submit_with({.follow = there}, static_cast<std::uint64_t>(i));
      const auto t = tasks(n).at(0);
      CHECK(t.head.engine == 1);
      succeeds(t);
    }
    (void)results(c);
    wire_dependency both;
    both.parents = {{98, 1, 0}, {99, 1, 1}};
    submit_with({.follow = both}, 5);
    CHECK(only_failure().code == ec::impossible_dependency);
    wire_dependency gone;
    gone.parents.push_back({99, 1, 7});
    submit_with({.follow = gone}, 6);
    const auto f = only_failure();
    CHECK(f.code == ec::impossible_dependency);
    CHECK(f.what == "engine 7, where the task that this one follows ran, is gone, or is none of its targets");
  }

  TEST_CASE_FIXTURE(dependency_fixture, "a task that waits for another can be taken back, or wait too long") {
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    const auto first = tasks(n).at(0);
    submit_with({.after = on({1})}, 2);
    submit_with({.timeout = 1, .after = on({1})}, 3);
    const task_control order{static_cast<std::uint8_t>(end_how::abort), 0, {2}};
    state.frame(arrives(c, frame_kind::task_control, encode(order), transport::balanced, 9));
    flush();
    std::map<std::uint64_t, ec> ended;
    while (ended.size() < 2) {
      state.look_again();
      for (const auto& r : results(c)) ended[r.head.id] = r.as_failure().code;
    }
    CHECK(ended[2] == ec::aborted);
    CHECK(ended[3] == ec::task_timeout);
    CHECK(state.watches() == 0);
    succeeds(first);
    CHECK(tasks(n).empty());
    CHECK(results(c).size() == 1);
  }

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
      CHECK(f.what.find('0') != std::string::npos);
      CHECK(f.what.find('1') != std::string::npos);
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
    for (int i = 0; i < 100 && std::exchange(delay, {}); ++i) state.look_again();
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

  TEST_CASE_FIXTURE(fixture, "a kept task that waits for others ends with its client, since these do") {
    const auto n = node({0});
    submit_with({}, 1);
    submit_with({.keep = true, .job = "job", .after = {.parents = {{1}}}}, 2);
    REQUIRE(tasks(n).size() == 1);
    lose(c);
    const auto other = client(9);
    state.frame(arrives(other, frame_kind::task_query, encode(task_query{1, 2, 5}), transport::balanced));
    flush();
    const auto got = results(other);
    REQUIRE(got.size() == 1);
    CHECK(got[0].as_failure().code == ec::impossible_dependency);
    CHECK(state.waiting() == 0);
  }

  TEST_CASE_FIXTURE(fixture, "a client that did not read, and comes back under its number, is served") {
    const auto n = node({0, 1});
    c->backlog = std::size_t{64} << 20;
    submit(c, batch_writer{}.task(1, -1, call_of("job")));
    REQUIRE(tasks(n).size() == 1);
    lose(c);
    c = client(1);
    submit(c, batch_writer{}.task(2, -1, call_of("job")));
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
