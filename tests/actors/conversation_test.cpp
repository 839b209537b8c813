// Hub, schedulers and engines as actors, who speak to each other; nothing runs unless the test says so.

#include "actors/engine.hpp"
#include "actors/hub.hpp"
#include "actors/scheduler_actors.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/stage.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {

/// A controller without its port.
struct controller : stage {
  caf::actor direct = spawn([](caf::event_based_actor* self) { return direct_scheduler(self); });
  caf::actor balanced = spawn([](caf::event_based_actor* self) { return task_scheduler(self); });
  caf::actor hub = spawn([this](caf::event_based_actor* self) {
    return pactor::hub(self, hub_setup{"c1", "right", "0.1.0", "", 0, {}}, direct, balanced);
  });

  fake_link_ptr client() {
    auto link = link_to(security::role::client);
    tell(hub, arrives(link, frame_kind::hello, encode(hello_client{protocol_version, "right", "here", 1})));
    REQUIRE(link->take(frame_kind::welcome).size() == 1);
    return link;
  }
  fake_link_ptr node(std::size_t engines) {
    auto link = link_to(security::role::node);
    say_hello(link, engines);
    settle();
    REQUIRE(link->take(frame_kind::welcome).size() == 1);
    return link;
  }
  void say_hello(const fake_link_ptr& link, std::size_t engines) {
    hello_node h;
    h.nonce = "right";
    h.host = "here";
    h.requested.assign(engines, -1);
    post(hub, arrives(link, frame_kind::hello, encode(h)));
  }
  /// As the transport tells it.
  void lose(const fake_link_ptr& link) {
    for (const auto& a : {hub, direct, balanced}) post(a, link_down{link, "cut"});
    settle();
  }
  void report(const fake_link_ptr& node, int engine, const std::string& state) {
    engine_report r;
    r.engine = engine;
    r.state = state;
    tell(hub, arrives(node, frame_kind::engine_report, encode(r)));
  }
};

} // namespace

TEST_SUITE("controller") {
  TEST_CASE_FIXTURE(controller, "a task finds its way to an engine and its outcome the way back") {
    const auto n = node(2);
    const auto c = client();
    tell(direct, arrives(c, frame_kind::direct_tasks, batch_writer{}.task(7, 1, "named").take()));
    auto t = records(n->take(frame_kind::tasks));
    REQUIRE(t.size() == 1);
    CHECK(t[0].head.engine == 1);
    tell(direct,
         arrives(n, frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, t[0].head.id, 1, "v").take()));
    CHECK(records(c->take(frame_kind::outcomes)).at(0).head.id == 7);

    tell(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.task(8, -1, "any").take(), 1));
    t = records(n->take(frame_kind::tasks));
    REQUIRE(t.size() == 1);
    tell(balanced, arrives(n, frame_kind::outcomes,
                           batch_writer{}.outcome(record_kind::result, t[0].head.id, t[0].head.engine, "v").take(), 1));
    CHECK(records(c->take(frame_kind::outcomes)).at(0).head.id == 8);
  }

  TEST_CASE_FIXTURE(controller, "what waits in the mailbox leaves as one frame, without a timer") {
    const auto n = node(1);
    const auto c = client();
    for (std::uint64_t i = 0; i < 50; ++i)
      post(direct, arrives(c, frame_kind::direct_tasks, batch_writer{}.task(i, 0, "x").task(i + 100, 0, "y").take()));
    settle();
    const auto t = records(n->take_one(frame_kind::tasks).body);
    CHECK(t.size() == 100);
    CHECK_FALSE(time_matters());

    for (const auto& r : t)
      post(direct,
           arrives(n, frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, r.head.id, 0, "").take()));
    settle();
    CHECK(records(c->take_one(frame_kind::outcomes).body).size() == 100);

    for (std::uint64_t i = 0; i < 50; ++i)
      post(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.task(i, -1, call_of("j")).take(), 1));
    settle();
    CHECK(n->count(frame_kind::tasks) == 1);
  }

  TEST_CASE_FIXTURE(controller, "a status counts the tasks that no engine has") {
    const auto c = client();
    tell(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.task(1, -1, "x").task(2, -1, "x").take(), 1));
    tell(hub, arrives(c, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::status)}), 0, 9));
    CHECK(decode<status_answer>(c->take_one(frame_kind::answer).body).unassigned == 2);
  }

  TEST_CASE_FIXTURE(controller, "an engine that restarts is spared, and back when it is ready") {
    const auto n = node(1);
    const auto c = client();
    report(n, 0, "idle");
    report(n, 0, "restarting");
    tell(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.task(1, -1, "x").take(), 1));
    CHECK(n->count(frame_kind::tasks) == 0);
    report(n, 0, "idle");
    CHECK(n->count(frame_kind::tasks) == 1);
  }

  TEST_CASE_FIXTURE(controller, "a lost node: its directed tasks fail, its balanced ones move") {
    const auto a = node(1), b = node(1);
    const auto c = client();
    tell(direct, arrives(c, frame_kind::direct_tasks, batch_writer{}.task(1, 0, "x").take()));
    tell(balanced, arrives(c, frame_kind::balanced_tasks,
                           batch_writer{}.task(2, -1, call_of("j")).task(3, -1, call_of("j")).take(), 1));
    const auto at_b = records(b->take(frame_kind::tasks)).size();
    CHECK(at_b == 1);
    lose(a);
    const auto r = records(c->take(frame_kind::outcomes));
    REQUIRE(r.size() == 1);
    CHECK(r[0].head.id == 1);
    CHECK(r[0].as_failure().code == ec::engine_lost);
    CHECK(r[0].as_failure().what == "the node of engine 0 is gone: cut");
    CHECK(decode<std::vector<node_place>>(c->take(frame_kind::engines).back().body)[0].engines == std::vector{1});
    tell(hub, arrives(c, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::status)}), 0, 9));
    CHECK(decode<status_answer>(c->take_one(frame_kind::answer).body).unassigned == 1);
  }

  TEST_CASE_FIXTURE(controller, "a balanced task that must not run again says why its engine is gone") {
    const auto n = node(1);
    const auto c = client();
    wire_options once;
    once.idempotent = false;
    tell(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.options(once).task(1, -1, call_of("j")).take(),
                           transport::balanced));
    REQUIRE(n->count(frame_kind::tasks) == 1);
    lose(n);
    const auto r = records(c->take(frame_kind::outcomes));
    REQUIRE(r.size() == 1);
    CHECK(r[0].as_failure().code == ec::engine_lost);
    CHECK(r[0].as_failure().what ==
          "the node of engine 0 is gone: cut; this task may have started, and it must not run twice");
  }

  TEST_CASE_FIXTURE(controller, "a peer that is lost before the hub has read its hello leaves nothing behind") {
    // The hub runs in another thread: the schedulers hear of the loss before they hear of the peer.
    const auto c = client();
    const auto n = link_to(security::role::node);
    tell(direct, link_down{n, "cut"});
    tell(balanced, link_down{n, "cut"});
    say_hello(n, 1);
    tell(hub, link_down{n, "cut"});
    tell(direct, arrives(c, frame_kind::direct_tasks, batch_writer{}.task(1, 0, "x").take()));
    const auto r = records(c->take(frame_kind::outcomes));
    REQUIRE(r.size() == 1);
    CHECK(r[0].as_failure().code == ec::engine_lost);
    tell(balanced, arrives(c, frame_kind::balanced_tasks, batch_writer{}.task(2, -1, "x").take(), 1));
    CHECK(records(node(1)->take(frame_kind::tasks)).size() == 1);
  }

  TEST_CASE_FIXTURE(controller, "the hub ends its nodes when it is told to") {
    const auto n = node(1);
    tell(hub, stop_cluster{});
    CHECK(n->count(frame_kind::stop) == 1);
  }

  // A task that only engines may run which were given up waits for ever: the task scheduler hears that they pause,
  // not that they never come back.
  TEST_CASE_FIXTURE(controller, "a restricted task whose engines were all given up fails") {
    const auto n = node(2);
    const auto c = client();
    report(n, 0, "idle");
    report(n, 0, "given up");
    tell(balanced,
         arrives(c, frame_kind::balanced_tasks, batch_writer{}.allowed({0}).task(1, -1, call_of("j")).take(), 1));
    CHECK(records(c->take(frame_kind::outcomes)).size() == 1);
  }
}
