#include "tests/actors/client_fixture.hpp"

#include "pactor/wait.hpp"
#include "runtime/worker/protocol.hpp"
#include "tests/support/eventually.hpp"

#include <atomic>
#include <thread>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

TEST_SUITE("client core") {
  TEST_CASE_FIXTURE(client_fixture, "what it did not send before it ended is forgotten") {
    const auto c = submit(0);
    task_control order;
    order.tasks = {c->ids[0]};
    core.end_tasks(order);
    core.on_gone("over");
    for (const auto& [name, size] : core.tables()) {
      CAPTURE(name);
      CHECK(size == 0);
    }
  }

  TEST_CASE_FIXTURE(client_fixture, "who submits more than may be open waits until some have ended") {
    std::atomic<bool> waits{false}, through{false};
    core.limit({.tasks = 8}, asked(waits));
    std::vector<call_ptr> open;
    for (int i = 0; i < 8; ++i) open.push_back(submit(0));
    (void)sent(frame_kind::direct_tasks);
    call_ptr late;
    std::jthread submitter{[&] {
      late = submit(1);
      through = true;
    }};
    REQUIRE(eventually(10s, [&] { return waits.load(); }));
    end(open[0]);
    CHECK_FALSE(through); // it goes on once there is room for a while
    end(open[1]);
    submitter.join();
    CHECK(sent(frame_kind::direct_tasks).size() == 1);
    CHECK_FALSE(late->ready());
  }

  TEST_CASE_FIXTURE(client_fixture, "who waits for room hears when the connection ends") {
    std::atomic<bool> waits{false}, heard{false};
    core.limit({.tasks = 1}, asked(waits));
    const auto open = submit(0);
    std::jthread submitter{[&] {
      try {
        (void)submit(1);
      } catch (const not_connected&) {
        heard = true;
      }
    }};
    REQUIRE(eventually(10s, [&] { return waits.load(); }));
    core.on_link_down("it died");
    submitter.join();
    CHECK(heard);
    CHECK(open->ready());
  }

  TEST_CASE_FIXTURE(client_fixture, "what is known of a dependency is what is known when there is room") {
    const auto parent = submit(2);
    const auto id = sent(frame_kind::direct_tasks).at(0).head.id;
    const auto announced = [&](std::uint64_t size) {
      get(frame_kind::outcomes, batch_writer{}.large_result(id, 2, 5, size).take());
    };
    SUBCASE("a small result") {
      CHECK(known_of_parent(parent, [&] { end(parent); }) == 1);
    }
    SUBCASE("one in pieces") {
      announced(1);
      CHECK(known_of_parent(parent, [&] { get(frame_kind::piece, bytes_of("x"), transport::upward, 5, 0); }) == 1);
    }
    SUBCASE("one of an absurd size") {
      CHECK(known_of_parent(parent, [&] { announced(std::uint64_t{1} << 62); }) == 2);
    }
    SUBCASE("one whose engine is lost on the way") {
      announced(1);
      CHECK(known_of_parent(parent, [&] { get(frame_kind::abandon, {}, transport::upward, 5); }) == 2);
    }
  }

  TEST_CASE_FIXTURE(client_fixture,
                    "who must not wait is told that there is no room, before anything of the call is sent") {
    core.limit({.tasks = 3, .bytes = 100, .wait = false}, {});
    const auto first = submit(0);
    (void)sent(frame_kind::direct_tasks);
    const auto many = call(3);
    CHECK_THROWS_AS(core.submit_balanced(many, 0, detail::slice{bytes_of("x")}, {}), would_block);
    CHECK(sent(frame_kind::balanced_tasks).empty());
    CHECK_THROWS_AS((void)submit(0, std::string(100, 'x')), would_block);
    const auto two = call(2);
    core.submit_balanced(two, 0, detail::slice{bytes_of("x")}, {});
    core.submit_balanced(two, 1, detail::slice{bytes_of("x")}, {});
    CHECK_THROWS_AS((void)submit(0), would_block);
    for (const auto id : {first->ids[0], two->ids[0], two->ids[1]})
      get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, id, 0, "x").take());
    (void)submit(0, std::string(1000, 'x')); // alone, it may be as large as it likes
    core.limit({.tasks = 1}, [] { return true; });
    CHECK_THROWS_AS((void)submit(0), would_block);
    core.limit({.tasks = 0, .bytes = 0}, {});
    for (int i = 0; i < 100; ++i) (void)submit(0);
  }

  TEST_CASE_FIXTURE(client_fixture, "options travel in front of their task, with what is known of what it depends on") {
    const auto ended = submit(2), open = submit(0);
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, ended->ids[0], 2, "x").take());
    REQUIRE(ended->ready());
    const auto options =
        std::make_shared<task_options>(task_options{.retries = 3,
                                                    .timeout = 250ms,
                                                    .priority = -7,
                                                    .idempotent = false,
                                                    .after = {result_of(ended), result_of(open)},
                                                    .follow = {{result_of(open)}, {false, true, true}}});
    const auto c = std::make_shared<detail::call>(1, "job", options);
    core.submit_balanced(c, 0, detail::slice{bytes_of("x")}, {});
    const auto sent_records = sent(frame_kind::balanced_tasks);
    REQUIRE(sent_records.size() == 2);
    CHECK(sent_records[0].kind() == record_kind::options);
    const auto w = decode<wire_options>(sent_records[0].payload.data(), sent_records[0].payload.size());
    CHECK(w.retries == 3);
    CHECK(w.timeout == 250'000'000);
    CHECK(w.priority == -7);
    CHECK_FALSE(w.idempotent);
    REQUIRE(w.after.parents.size() == 2);
    CHECK(w.after.parents[0].task == ended->ids[0]);
    CHECK(w.after.parents[0].state == 1);
    CHECK(w.after.parents[0].engine == 2);
    CHECK(w.after.parents[1].state == 0);
    CHECK(w.after.all);
    CHECK_FALSE(w.follow.all);
    CHECK(w.follow.failure);
  }

  TEST_CASE_FIXTURE(client_fixture, "it says hello, and knows its engines in order once it is welcomed") {
    CHECK(decode<hello_client>(controller->take_one(frame_kind::hello).body).nonce == "nonce");
    CHECK(controller->welcomed);
    CHECK(core.connected());
    CHECK(core.engines() == std::vector{0, 1, 2});
    CHECK(core.wait_for_welcome(std::chrono::steady_clock::now()).cluster_id == "c1");
    CHECK(core.host_of(1) == "there");
    CHECK(core.host_of(3).empty());
    get(frame_kind::engines, encode(std::vector<node_place>{{"there", "", {7, 3}}}));
    CHECK(core.host_of(3) == "there");
    CHECK(core.engines() == std::vector{3, 7});
  }

  TEST_CASE("a controller that refuses: the reason and its code reach the one who connects") {
    client_core core{[] {}};
    const auto controller = link_to(security::role::controller);
    core.on_connected(controller, {});
    core.on_frame(arrives(controller, frame_kind::refused,
                          encode(refusal{static_cast<std::uint8_t>(ec::incompatible_version), "too old"})));
    core.on_link_down("closed");
    try {
      core.wait_for_welcome(std::chrono::steady_clock::now() + 10s);
      FAIL("welcomed");
    } catch (const error& e) {
      CHECK(e.code() == ec::incompatible_version);
      CHECK(std::string{e.what()}.find("too old") != std::string::npos);
    }
    CHECK_FALSE(core.connected());
  }

  TEST_CASE("a controller that says nothing, or goes before the welcome") {
    client_core core{[] {}};
    const auto controller = link_to(security::role::controller);
    core.on_connected(controller, {});
    CHECK_THROWS_AS(core.wait_for_welcome(std::chrono::steady_clock::now()), timeout_error);
    core.on_link_down("reset");
    CHECK_THROWS_AS(core.wait_for_welcome(std::chrono::steady_clock::now() + 10s), not_connected);
  }

  TEST_CASE_FIXTURE(client_fixture, "a lone submission leaves at once, the next ones wait for each other") {
    const auto a = submit(0);
    CHECK(flushes == 0);
    const auto r = records(controller->take_one(frame_kind::direct_tasks).body);
    REQUIRE(r.size() == 1);
    CHECK(a->alone()); // who waits for it watches
    CHECK_FALSE(submit(1)->alone());
    submit(2);
    CHECK(flushes == 1);
    CHECK(controller->count(frame_kind::direct_tasks) == 0);
    CHECK(sent(frame_kind::direct_tasks).size() == 2);
  }

  TEST_CASE_FIXTURE(client_fixture, "of a call of several tasks none is alone") {
    const auto payload = detail::slice{bytes_of("call")};
    const auto two = call(2), one = call();
    SUBCASE("directed") { core.submit_direct(two, 0, payload, std::vector{0, 1}); }
    SUBCASE("balanced") { core.submit_balanced(two, 0, payload, {}); }
    SUBCASE("a balanced call of one is") {
      core.submit_balanced(one, 0, payload, {});
      CHECK(one->alone());
    }
    SUBCASE("one with a large argument, which comes in pieces, is not") {
      core.submit_balanced(one, 0, detail::slice{pattern(worker::inline_limit + 1)}, {});
      CHECK_FALSE(one->alone());
    }
    SUBCASE("nor is one that waits for the controller to come back") {
      core.on_lost([] {});
      core.on_link_down("it died");
      core.submit_balanced(one, 0, payload, {});
      CHECK_FALSE(one->alone());
    }
    CHECK_FALSE(two->alone());
  }

  TEST_CASE_FIXTURE(client_fixture, "submissions of several threads leave as one frame") {
    submit(0);
    controller->take(frame_kind::direct_tasks);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([this] {
        for (int i = 0; i < 250; ++i) submit(i % 3);
      });
    threads.clear();
    CHECK(flushes == 1);
    core.flush();
    const auto r = records(controller->take_one(frame_kind::direct_tasks).body);
    REQUIRE(r.size() == 1'000);
    std::vector<std::uint64_t> ids;
    for (const auto& x : r) ids.push_back(x.head.id);
    std::sort(ids.begin(), ids.end());
    CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
    submit(0);
    CHECK(flushes == 2);
  }

  TEST_CASE_FIXTURE(client_fixture, "an outcome settles its call, and only that") {
    const auto a = submit(0), b = submit(1);
    const auto r = sent(frame_kind::direct_tasks);
    REQUIRE(r.size() == 2);
    CHECK(r[0].payload == "call");
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, r[1].head.id, 1, "of b", 0, 7ns).take());
    CHECK_FALSE(a->ready());
    REQUIRE(b->ready());
    CHECK(text_of(b) == "of b");
    CHECK(b->at(0).engine == 1);
    CHECK(b->at(0).completed - b->at(0).started == 7ns);
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, r[1].head.id, 1, "again").take());
    CHECK(text_of(b) == "of b");
    CHECK(b->ids.at(0) == r[1].head.id);
  }

  TEST_CASE_FIXTURE(client_fixture, "a number that is used again is another task's") {
    const auto a = submit(0);
    const auto first = sent(frame_kind::direct_tasks).at(0).head.id;
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, first, 0, "a").take());
    const auto b = submit(0);
    const auto second = sent(frame_kind::direct_tasks).at(0).head.id;
    CHECK(first != second);
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, first, 0, "late").take());
    CHECK_FALSE(b->ready());
    CHECK(text_of(a) == "a");
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, 0xFFFF'FFFF, 0, "never given").take());
    CHECK_FALSE(b->ready());
  }

  TEST_CASE_FIXTURE(client_fixture, "one payload for several engines is sent once") {
    const auto c = call(3);
    core.submit_direct(c, 0, detail::slice{bytes_of("shared")}, std::vector{2, 0, 1});
    const auto r = sent(frame_kind::direct_tasks);
    REQUIRE(r.size() == 2);
    const auto t = r[0].as_targets();
    REQUIRE(t.size() == 3);
    CHECK(t[0].engine == 2);
    CHECK(r[1].payload == "shared");
    CHECK(r[1].head.engine == -1);
    batch_writer back;
    for (std::size_t i = 0; i < 3; ++i) back.outcome(record_kind::result, t[i].id, t[i].engine, std::to_string(i));
    get(frame_kind::outcomes, back.take());
    CHECK(c->ready());
    for (std::size_t i = 0; i < 3; ++i) CHECK(text_of(c, i) == std::to_string(i));
  }

  TEST_CASE_FIXTURE(client_fixture, "a balanced task goes to the other scheduler, with the engines that may run it") {
    const auto c = call(2);
    core.submit_balanced(c, 1, detail::slice{bytes_of("any")}, {});
    core.submit_balanced(c, 0, detail::slice{bytes_of("some")}, std::vector{4, 5});
    core.flush();
    const auto frames = controller->take(frame_kind::balanced_tasks);
    for (const auto& f : frames) CHECK(f.flags == transport::balanced);
    const auto r = records(frames);
    REQUIRE(r.size() == 3);
    CHECK(r[0].payload == "any");
    CHECK(r[1].kind() == record_kind::targets);
    CHECK(r[1].head.size == 2 * sizeof(std::int32_t));
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, r[0].head.id, 3, "v").take(), 1);
    CHECK(c->ready(1));
    CHECK_FALSE(c->ready(0));
  }

  TEST_CASE_FIXTURE(client_fixture, "when the connection ends, everything that is open fails with not_connected") {
    const auto a = submit(0), b = submit(1);
    const auto r = sent(frame_kind::direct_tasks);
    get(frame_kind::outcomes, batch_writer{}.large_result(r[0].head.id, 0, 5, 100).take());
    const auto unsent = submit(2);
    core.on_link_down("reset by peer");
    for (const auto& c : {a, b, unsent}) {
      CHECK(failure_of(c).code == ec::not_connected);
      CHECK(failure_of(c).what.find("reset by peer") != std::string::npos);
    }
    CHECK_FALSE(core.connected());
    CHECK(core.engines().empty());
    CHECK_THROWS_AS(submit(0), not_connected);
    CHECK_THROWS_AS(core.submit_balanced(call(), 0, detail::slice{bytes_of("x")}, {}), not_connected);
    CHECK_THROWS_AS(core.ask(query_kind::jobs, 10s), not_connected);
    CHECK_THROWS_AS(core.wait_for_engines(1, 10s), not_connected);
    core.flush();
    core.on_link_down("again");
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, r[1].head.id, 1, "late").take());
    CHECK(failure_of(b).code == ec::not_connected);
  }

  TEST_CASE_FIXTURE(client_fixture, "who waits for engines hears of them, and of the end") {
    CHECK(core.wait_for_engines(3, 0ms));
    CHECK_FALSE(core.wait_for_engines(4, 0ms));
    std::atomic<bool> came{false};
    {
      const std::jthread waiting{[&] { came = core.wait_for_engines(4, 60s); }};
      get(frame_kind::engines, encode(std::vector<node_place>{{"here", "", {0, 1, 2, 3}}}));
    }
    CHECK(came);
    std::atomic<bool> threw{false};
    {
      const std::jthread waiting{[&] {
        try {
          core.wait_for_engines(9, 60s);
        } catch (const not_connected&) {
          threw = true;
        }
      }};
      core.on_link_down("reset");
    }
    CHECK(threw);
  }

  TEST_CASE_FIXTURE(client_fixture, "a query gets its own answer") {
    controller->on_send = [this](const sent_frame& f) {
      if (f.kind != frame_kind::query) return;
      get(frame_kind::answer, bytes_of("stranger's"), 0, f.tag + 100);
      const auto kind = decode<query>(f.body).kind;
      get(frame_kind::answer, bytes_of(kind == static_cast<std::uint8_t>(query_kind::jobs) ? "jobs" : "status"), 0,
          f.tag);
    };
    const auto text = [](const detail::bytes& b) { return std::string(b.data(), b.size()); };
    CHECK(text(core.ask(query_kind::jobs, 10s)) == "jobs");
    CHECK(text(core.ask(query_kind::status, 10s)) == "status");
  }

  TEST_CASE_FIXTURE(client_fixture, "a query that is not answered in time is an error, and its late answer nothing") {
    CHECK_THROWS_AS(core.ask(query_kind::jobs, 1ms), timeout_error);
    const auto tag = controller->take_one(frame_kind::query).tag;
    get(frame_kind::answer, bytes_of("late"), 0, tag);
    controller->on_send = [this](const sent_frame& f) {
      if (f.kind == frame_kind::query) core.on_link_down("reset");
    };
    CHECK_THROWS_AS(core.ask(query_kind::jobs, 10s), not_connected);
  }

  TEST_CASE_FIXTURE(client_fixture, "outcomes of no kind leave nobody waiting: the controller is left") {
    const auto first = submit(0), second = submit(1);
    (void)sent(frame_kind::direct_tasks);
    get(frame_kind::outcomes, batch_writer{}
                                  .outcome(record_kind::task, first->ids[0], 0, "x")
                                  .outcome(static_cast<record_kind>(0), second->ids[0], 1, "x")
                                  .take());
    CHECK(controller->closed);
    CHECK_FALSE(first->ready());
    core.on_link_down("it was left");
    CHECK(first->ready());
    CHECK(second->ready());
  }

  TEST_CASE_FIXTURE(client_fixture, "a controller that talks nonsense is left") {
    get(frame_kind::engines, bytes_of("\xc1"));
    CHECK(controller->closed);
  }

  // expect() allocates whatever a node announced: std::bad_alloc ends the client's actor, and every wait hangs.
}
