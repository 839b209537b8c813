// Tasks that are to end, and tasks that are kept, at both schedulers.

#include "tests/actors/scheduler_fixture.hpp"

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pactor;
using namespace pactor::test;

namespace {

/// Asks a scheduler to end tasks. @return how many it knew
template <class Fixture>
std::uint64_t end_tasks(Fixture& f, const fake_link_ptr& from, end_how how, std::vector<std::uint64_t> tasks,
                        std::uint16_t flags, std::uint32_t client = 0) {
  const task_control c{static_cast<std::uint8_t>(how), client, std::move(tasks)};
  f.state.frame(arrives(from, frame_kind::task_control, encode(c), flags, 9));
  f.flush();
  const auto answer = from->take_one(frame_kind::answer);
  CHECK(answer.tag == 9);
  return decode<std::uint64_t>(answer.body);
}

/// A batch of one task with options in front of it.
detail::bytes with_options(const wire_options& o, std::uint64_t id, int engine) {
  return batch_writer{}.options(o).task(id, engine, call_of("job")).take();
}

using direct = scheduler_fixture<direct_scheduler_state, 0>;
using balanced = scheduler_fixture<task_scheduler_state, transport::balanced>;

} // namespace

TEST_SUITE("scheduler control") {
  TEST_CASE_FIXTURE(balanced, "balanced tasks that wait end at once; those that an engine has are its to end") {
    const auto n = node({0});
    const auto c = client(1), other = client(2);
    submit(c, batch_writer{}.task(1, -1, call_of("job")).task(2, -1, call_of("job")).task(3, -1, call_of("job")));
    const auto running = tasks(n).at(0);
    CHECK(end_tasks(*this, c, end_how::abort, {1, 3, 99}, transport::balanced) == 2);
    const auto ended = results(c);
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].head.id == 3);
    CHECK(ended[0].as_failure().code == ec::aborted);
    CHECK(ended[0].as_failure().what == "taken back by client 1 before it started");
    const auto order = decode<task_control>(n->take_one(frame_kind::task_control).body);
    CHECK(order.tasks == std::vector{running.head.id});
    CHECK(order.engines == std::vector{0});
    CHECK(order.by == "client 1");
    // Others may, by the client's number.
    CHECK(end_tasks(*this, other, end_how::kill, {2}, transport::balanced) == 0);
    CHECK(end_tasks(*this, other, end_how::kill, {2}, transport::balanced, 1) == 1);
    CHECK(results(c).at(0).head.id == 2);
    // What was to end is not run again.
    outcomes(n, batch_writer{}.lost(running.head.id, 0, true));
    CHECK(results(c).at(0).as_failure().code == ec::aborted);
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(direct, "directed tasks are their engines' to end") {
    const auto n = node({0, 1});
    const auto c = client(1);
    submit(c, batch_writer{}.task(1, 0, call_of("job")).task(2, 1, call_of("job")));
    const auto sent = tasks(n);
    CHECK(end_tasks(*this, c, end_how::interrupt, {2}, 0) == 1);
    const auto order = decode<task_control>(n->take_one(frame_kind::task_control).body);
    CHECK(order.tasks == std::vector{sent.at(1).head.id});
    CHECK(order.engines == std::vector{1});
    CHECK(static_cast<end_how>(order.how) == end_how::interrupt);
    CHECK(results(c).empty());
  }

  TEST_CASE_FIXTURE(direct, "options travel in front of their task, and only with it") {
    const auto n = node({0});
    const auto c = client(1);
    state.frame(arrives(c, frame_kind::direct_tasks, with_options({.run_limit = 5}, 1, 0)));
    submit(c, batch_writer{}.task(2, 0, call_of("job")));
    const auto sent = tasks(n);
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].kind() == record_kind::options);
    CHECK(decode<wire_options>(sent[0].payload.data(), sent[0].payload.size()).run_limit == 5);
    CHECK(sent[1].kind() == record_kind::task);
    CHECK(sent[2].kind() == record_kind::task);
  }

  TEST_CASE_FIXTURE(balanced, "options go along when a task runs again") {
    const auto n = node({0});
    const auto c = client(1);
    state.frame(arrives(c, frame_kind::balanced_tasks, with_options({.run_limit = 5}, 1, -1), transport::balanced));
    flush();
    const auto first = tasks(n);
    REQUIRE(first.size() == 2);
    outcomes(n, batch_writer{}.lost(first[1].head.id, 0, true));
    CHECK(tasks(n).at(0).kind() == record_kind::options);
  }

  TEST_CASE_FIXTURE(direct, "options that can't be read cut their sender off") {
    const auto c = client(1);
    node({0});
    wire::batch b;
    wire::record r;
    r.kind = static_cast<std::uint16_t>(record_kind::options);
    r.size = 5;
    b.add(r, "junk!");
    submit(c, batch_writer{});
    state.frame(arrives(c, frame_kind::direct_tasks, b.take()));
    CHECK(c->closed);
  }

  TEST_CASE_FIXTURE(direct, "a kept task outlives its client, and is told to who asks, before and after its end") {
    const auto n = node({0});
    const auto c = client(1), early = client(2), late = client(3);
    state.frame(arrives(c, frame_kind::direct_tasks, with_options({.label = "x", .keep = true, .job = "job"}, 17, 0)));
    flush();
    const auto sent = tasks(n);
    REQUIRE(sent.size() == 2);
    lose(c);
    const auto ask = [&](const fake_link_ptr& who, std::uint64_t number, std::uint64_t as) {
      state.frame(arrives(who, frame_kind::task_query, encode(task_query{1, number, as})));
      flush();
    };
    ask(early, 17, 5);
    CHECK(results(early).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, sent[1].head.id, 0, "v"));
    auto told = results(early);
    REQUIRE(told.size() == 1);
    CHECK(told[0].head.id == 5);
    CHECK(told[0].payload == "v");
    for (int i = 0; i < 2; ++i) {
      ask(late, 17, 8);
      CHECK(results(late).at(0).payload == "v");
    }
    ask(late, 18, 9);
    CHECK(results(late).at(0).as_failure().what.find("task 1.18 is not kept") != std::string::npos);
    state.frame(arrives(late, frame_kind::task_query, encode(task_query{}), 0, 4));
    const auto list = decode<task_list_answer>(late->take_one(frame_kind::answer).body);
    REQUIRE(list.tasks.size() == 1);
    CHECK(list.tasks[0].state == "finished");
    CHECK(list.tasks[0].job == "job");
    CHECK(list.tasks[0].label == "x");
  }

  TEST_CASE_FIXTURE(balanced, "a list has what is open and what ended last, of all clients") {
    const auto ends = std::make_shared<task_ends>();
    state.share(ends);
    const auto n = node({0});
    const auto c = client(1), asks = client(2);
    for (const std::uint64_t number : {17, 18, 19})
      state.frame(arrives(c, frame_kind::balanced_tasks,
                          with_options({.label = "of " + std::to_string(number)}, number, -1), transport::balanced));
    flush();
    const auto sent = tasks(n);
    REQUIRE(sent.size() == 1); // of what is not known one at a time
    const auto list = [&] {
      state.frame(arrives(asks, frame_kind::task_query, encode(task_query{}), 0, 4));
      return decode<task_list_answer>(asks->take_one(frame_kind::answer).body);
    };
    auto all = list().tasks;
    REQUIRE(all.size() == 3);
    CHECK(all[0].state == "assigned");
    CHECK(all[0].engine == 0);
    CHECK(all[0].label == "of 17");
    CHECK(all[0].submitted > 0);
    CHECK(all[1].state == "pending");
    CHECK(all[1].client == 1);
    CHECK(end_tasks(*this, asks, end_how::abort, {19}, transport::balanced, 1) == 1);
    outcomes(n, batch_writer{}.outcome(record_kind::result, sent[0].head.id, 0, "v"));
    all = list().tasks;
    REQUIRE(all.size() == 3);
    const auto state_of = [&](std::uint64_t number) {
      return std::ranges::find(all, number, &task_list_entry::number)->state;
    };
    CHECK(state_of(17) == "finished");
    CHECK(state_of(18) == "assigned");
    CHECK(state_of(19) == "failed");
    lose(c);
    all = list().tasks;
    CHECK(all.size() == 2); // what it had open goes with it
    state.frame(arrives(asks, frame_kind::task_query, encode(task_query{1, 99, 7})));
    flush();
    CHECK(list().tasks.size() == 2); // a question is no task
  }

  TEST_CASE_FIXTURE(balanced, "kept tasks that wait stay when their client goes, and can be aborted") {
    const auto c = client(1), other = client(2);
    const auto list = [&] { return state.waiting(); };
    state.frame(arrives(c, frame_kind::balanced_tasks, with_options({.keep = true, .job = "job"}, 17, -1),
                        transport::balanced));
    flush();
    lose(c);
    CHECK(list() == 1);
    CHECK(end_tasks(*this, other, end_how::abort, {17}, transport::balanced, 1) == 1);
    CHECK(list() == 0);
    state.frame(arrives(other, frame_kind::task_query, encode(task_query{1, 17, 3})));
    flush();
    CHECK(results(other).at(0).as_failure().code == ec::aborted);
  }
}
