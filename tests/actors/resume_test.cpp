// What the schedulers, the hub's clients and nodes say to each other after the controller was restarted.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"
#include "tests/actors/client_fixture.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <array>

using namespace pactor;
using namespace pactor::test;

namespace {

constexpr std::array one_engine{0};
constexpr std::array two_engines{0, 1};
constexpr std::array<std::uint32_t, 1> one_client{1};

/// A scheduler in its second life. What its clients send waits until nodes and clients are back.
template <class State, std::uint16_t Flags>
struct restarted : scheduler_fixture<State, Flags> {
  void held(const fake_link_ptr& node, std::vector<held_task> tasks, bool forgot = false, bool last = true) {
    this->state.frame(arrives(node, frame_kind::held, encode(held_tasks{std::move(tasks), forgot, last}), Flags));
    this->flush();
  }
  void resumes(const fake_link_ptr& client) {
    this->state.frame(arrives(client, frame_kind::resume, {}, Flags));
    this->flush();
  }
  static std::vector<std::uint64_t> cancelled(const fake_link_ptr& node) {
    std::vector<std::uint64_t> all;
    for (const auto& f : node->take(frame_kind::task_control)) {
      const auto c = decode<task_control>(f.body);
      CHECK(c.how == withdraw_or_cancel);
      all.insert(all.end(), c.tasks.begin(), c.tasks.end());
    }
    return all;
  }
};
using balanced = restarted<task_scheduler_state, transport::balanced>;
using direct = restarted<direct_scheduler_state, 0>;

batch_writer again(std::uint64_t number, int engine, bool idempotent = true) {
  batch_writer b;
  if (!idempotent) b.options({.idempotent = false});
  b.task(number, engine, call_of("job"), wire::again);
  return b;
}

} // namespace

TEST_SUITE("resume") {
  TEST_CASE_FIXTURE(balanced, "what a node has is not run again, and its outcome is the client's") {
    state.recover(1, one_engine, one_client);
    const auto c = client(1);
    submit(c, again(7, -1));
    submit(c, again(8, -1));
    resumes(c);
    const auto n = node({0});
    CHECK(tasks(n).empty());
    held(n, {{1, 7, 100, 0, true}});
    CHECK(tasks(n).empty()); // the engine is busy
    outcomes(n, batch_writer{}.outcome(record_kind::result, 100, 0, "x"));
    const auto run = tasks(n);
    REQUIRE(run.size() == 1);
    CHECK(run[0].head.started == 8);
    const auto got = results(c);
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.id == 7);
  }

  TEST_CASE_FIXTURE(direct,
                    "a client that is cut off while everyone comes back: what its engine has does not run again") {
    state.on_absent([](const client_absent&, std::chrono::milliseconds) {});
    state.recover(1, one_engine, one_client);
    auto c = client(1);
    submit(c, again(7, 0));
    resumes(c);
    lose(c); // before it could be looked up
    const auto n = node({0});
    held(n, {{1, 7, 100, 0, true}});
    state.end_recovery();
    c = link_to(security::role::client);
    state.join(client_joined{1, c, true});
    submit(c, again(7, 0));
    resumes(c);
    CHECK(tasks(n).empty());
    CHECK(cancelled(n).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, 100, 0, "x"));
    CHECK(results(c).size() == 1);
  }

  TEST_CASE_FIXTURE(balanced, "a task whose payload is still on its way is not taken for unwanted") {
    state.recover(1, one_engine, one_client);
    const auto c = client(1);
    constexpr std::size_t size = transport::piece_size + 1;
    submit(c, batch_writer{}.large_task(7, -1, 5, size, wire::again));
    resumes(c);
    const auto n = node({0});
    held(n, {{1, 7, 100, 0, true}});
    CHECK(cancelled(n).empty());
    SUBCASE("it comes") {
      const auto whole = pattern(size);
      for (std::size_t at = 0; at < size; at += transport::piece_size) {
        const auto part = std::min(transport::piece_size, size - at);
        state.frame(
            arrives(c, frame_kind::piece, detail::bytes::copy(whole.data() + at, part), transport::balanced, 5, at));
      }
      flush();
      CHECK(tasks(n).empty());
      outcomes(n, batch_writer{}.outcome(record_kind::result, 100, 0, "x"));
      CHECK(results(c).size() == 1);
    }
    SUBCASE("its client goes") {
      lose(c);
      CHECK(cancelled(n) == std::vector<std::uint64_t>{100});
    }
  }

  TEST_CASE_FIXTURE(balanced, "of several nodes that know a task the one that runs it counts") {
    state.recover(1, two_engines, one_client);
    const auto c = client(1);
    submit(c, again(7, -1));
    resumes(c);
    const auto lost = node({0}), runs = node({1});
    held(lost, {{1, 7, 100, 0, false}});
    held(runs, {{1, 7, 101, 1, true}});
    outcomes(lost, batch_writer{}.lost(100, 0, true));
    CHECK(tasks(runs).empty());
    CHECK(results(c).empty());
    outcomes(runs, batch_writer{}.outcome(record_kind::result, 101, 1, "x"));
    CHECK(results(c).size() == 1);
  }

  TEST_CASE_FIXTURE(balanced, "what a node has and nobody may run any more is taken from it") {
    state.recover(1, one_engine, one_client);
    const auto c = client(1);
    submit(c, batch_writer{}.allowed({5}).task(7, -1, call_of("job"), wire::again));
    resumes(c);
    const auto n = node({0});
    held(n, {{1, 7, 100, 0, true}});
    CHECK(cancelled(n) == std::vector<std::uint64_t>{100});
    CHECK(results(c).at(0).as_failure().code == ec::no_engines);
    outcomes(n, batch_writer{}.outcome(record_kind::result, 100, 0, "x"));
    CHECK(results(c).empty());
  }

  TEST_CASE_FIXTURE(balanced, "what must not run twice fails where it may have run, and only there") {
    state.recover(1, two_engines, one_client);
    const auto c = client(1);
    submit(c, again(7, -1, false));
    submit(c, batch_writer{}.options({.idempotent = false}).task(8, -1, call_of("job"))); // never sent before
    resumes(c);
    const auto n = node({0});
    held(n, {});
    CHECK(tasks(n).empty()); // engine 1 may come yet
    state.end_recovery();
    flush();
    const auto failed = results(c);
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].head.id == 7);
    CHECK(failed[0].as_failure().code == ec::engine_lost);
    CHECK(tasks(n).size() == 1);
  }

  TEST_CASE_FIXTURE(balanced, "a node tells what it has in several frames, and is back with the last") {
    state.recover(1, one_engine, one_client);
    const auto c = client(1);
    submit(c, again(7, -1));
    submit(c, again(8, -1));
    resumes(c);
    const auto n = node({0});
    held(n, {{1, 7, 100, 0, true}}, false, false);
    CHECK(state.recovering());
    held(n, {{1, 8, 101, 0, true}});
    CHECK_FALSE(state.recovering());
    CHECK(tasks(n).empty());
  }

  TEST_CASE_FIXTURE(balanced, "a node that comes very late is told what nobody wants any more") {
    state.recover(1, one_engine, one_client);
    state.end_recovery();
    state.end_absence();
    const auto n = node({0});
    held(n, {{1, 7, 100, 0, true}});
    CHECK(cancelled(n) == std::vector<std::uint64_t>{100});
  }

  TEST_CASE_FIXTURE(direct, "directed tasks keep their order, and run again only where nothing was forgotten") {
    state.recover(1, two_engines, one_client);
    const auto c = client(1);
    for (const std::uint64_t number : {7, 8, 9}) submit(c, again(number, number == 9 ? 1 : 0));
    resumes(c);
    const auto n = node({0}), other = node({1});
    held(n, {{1, 7, 100, 0, true}});
    held(other, {}, true);
    const auto run = tasks(n);
    REQUIRE(run.size() == 1);
    CHECK(run[0].head.started == 8);
    CHECK(tasks(other).empty());
    const auto failed = results(c);
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].head.id == 9);
  }

  TEST_CASE_FIXTURE(client_fixture, "a client hands in again what it had sent, and what it has submitted since") {
    bool lost = false;
    core.on_lost([&] { lost = true; });
    const auto before = submit(2);
    core.on_link_down("it died");
    CHECK(lost);
    const auto since = submit(2);
    const auto fresh = link_to(security::role::controller);
    core.on_connected(fresh, hello_client{protocol_version, "nonce", "here", 1});
    const auto hello = decode<hello_client>(fresh->take_one(frame_kind::hello).body);
    CHECK(hello.number == 1);
    welcome_client w;
    w.client = 1;
    w.incarnation = 1;
    core.on_frame(arrives(fresh, frame_kind::welcome, encode(w)));
    CHECK(core.engines() == std::vector{0, 1, 2}); // until all nodes are back
    const auto sent = records(fresh->take(frame_kind::direct_tasks));
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].head.id == before->ids[0]);
    CHECK((sent[0].head.flags & wire::again) != 0);
    CHECK(sent[1].head.id == since->ids[0]);
    CHECK((sent[1].head.flags & wire::again) == 0);
    CHECK(fresh->count(frame_kind::resume) == 2);
    CHECK_FALSE(before->ready());
  }

  TEST_CASE_FIXTURE(client_fixture, "a client that is known no more fails what it had open, and goes on") {
    core.on_lost([] {});
    const auto before = submit(2);
    core.on_link_down("it died");
    const auto fresh = link_to(security::role::controller);
    core.on_connected(fresh, hello_client{protocol_version, "nonce", "here", 1});
    welcome_client w;
    w.client = 9;
    w.incarnation = 1;
    w.nodes = {{"here", "", {0}}};
    core.on_frame(arrives(fresh, frame_kind::welcome, encode(w)));
    CHECK(failure_of(before).code == ec::not_connected);
    CHECK(fresh->count(frame_kind::direct_tasks) == 0);
    (void)submit(0);
    core.flush();
    CHECK(fresh->count(frame_kind::direct_tasks) == 1);
  }

  TEST_CASE_FIXTURE(client_fixture, "a client that has nothing more to send tells what it has all the same") {
    int asked = 0;
    core.on_untold([&] { ++asked; });
    const auto first = submit(0), second = submit(0);
    end(first);
    end(second);
    CHECK(asked == 1);
    core.tell_taken();
    const auto told = controller->take(frame_kind::acknowledge);
    REQUIRE(told.size() == 2);
    CHECK(told[0].aux == 2);
    CHECK(told[1].aux == 0);
  }
}
