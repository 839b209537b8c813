#include "actors/node.hpp"

#include "tests/actors/fake_lane.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/stage.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <unistd.h>

using namespace pactor;
using namespace pactor::test;

namespace {

/// A node whose engines are lists.
struct node_fixture {
  std::vector<int> welcomed;
  std::vector<std::pair<ec, std::string>> ended;
  std::map<std::size_t, int> numbers;
  std::map<std::size_t, std::vector<engine_tasks::item>> tasks;
  int task_messages = 0;
  std::map<std::size_t, std::vector<transfer_ended>> transfers;
  std::vector<std::string> departed;
  fake_link_ptr controller = link_to(security::role::controller);
  std::shared_ptr<node_services> services = std::make_shared<node_services>();
  node_state node{services, "nonce", out()};

  node_state::callbacks out() {
    node_state::callbacks c{[this](const std::vector<int>& ids) { welcomed = ids; },
                            [this](ec code, const std::string& reason) { ended.emplace_back(code, reason); },
                            [this](std::size_t e, engine_number n) { numbers[e] = n.number; },
                            [this](std::size_t e, engine_tasks&& t) {
                              ++task_messages;
                              for (auto& i : t.items) tasks[e].push_back(std::move(i));
                            },
                            [this](std::size_t e, transfer_ended t) { transfers[e].push_back(std::move(t)); }};
    c.depart = [this](std::size_t, const std::string& why) { departed.push_back(why); };
    return c;
  }

  node_fixture() {
    hello_node h;
    h.host = "here";
    h.requested = {-1, -1};
    node.connected(controller, h);
  }
  void welcome() { node.frame(arrives(controller, frame_kind::welcome, encode(welcome_node{{5, 6}}))); }
  void get(batch_writer& batch, std::uint16_t flags = 0) {
    node.frame(arrives(controller, frame_kind::tasks, batch.take(), flags));
  }
  void get(batch_writer&& batch, std::uint16_t flags = 0) { get(batch, flags); }
  void piece(std::uint64_t tag, const detail::bytes& body, std::uint64_t offset) {
    node.frame(arrives(controller, frame_kind::piece, body, 0, tag, offset));
  }
};

std::string content(const memory_file& f) {
  std::string text(f.size(), '?');
  CHECK(::pread(f.fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return text;
}

} // namespace

TEST_SUITE("node") {
  TEST_CASE_FIXTURE(node_fixture, "it says hello with its nonce, and numbers its engines when it is welcomed") {
    const auto h = decode<hello_node>(controller->take_one(frame_kind::hello).body);
    CHECK(h.nonce == "nonce");
    CHECK(h.protocol == protocol_version);
    CHECK(h.host == "here");
    CHECK(h.requested.size() == 2);
    welcome();
    CHECK(controller->welcomed);
    CHECK(welcomed == std::vector{5, 6});
    CHECK(numbers == std::map<std::size_t, int>{{0, 5}, {1, 6}});
  }

  TEST_CASE_FIXTURE(node_fixture, "a restarted controller hears what is not known of engines that there were before") {
    const auto joins = [this](const std::vector<int>& requested) {
      hello_node h;
      h.requested = requested;
      node.connected(controller, h);
      welcome_node w{{5, 6}};
      w.incarnation = 1;
      node.frame(arrives(controller, frame_kind::welcome, encode(w)));
      const auto held = controller->take(frame_kind::held);
      REQUIRE(held.size() == 2);
      for (const auto& f : held) CHECK(decode<held_tasks>(f.body).last);
      return decode<held_tasks>(held[0].body).forgot;
    };
    SUBCASE("a node that has their numbers") { CHECK(joins({5, -1})); }
    SUBCASE("a new one") { CHECK_FALSE(joins({-1, -1})); }
  }

  TEST_CASE_FIXTURE(node_fixture, "it hands tasks to their engines, those of one frame in one message an engine") {
    welcome();
    get(batch_writer{}.task(1, 5, "a").task(2, 6, "b").task(3, 5, "c").task(4, 99, "nobody's"));
    CHECK(task_messages == 2);
    REQUIRE(tasks[0].size() == 2);
    CHECK(tasks[0][0].id == 1);
    CHECK(tasks[0][0].directed);
    CHECK(tasks[0][1].payload.text() == "c");
    REQUIRE(tasks[1].size() == 1);
    get(batch_writer{}.task(1, 6, "d"), transport::balanced);
    CHECK_FALSE(tasks[1].back().directed);
  }

  TEST_CASE_FIXTURE(node_fixture, "a payload for several engines is shared, not copied") {
    welcome();
    get(batch_writer{}.targets({{10, 5, 0}, {11, 6, 0}}).task(0, -1, "shared").task(12, 6, "own"));
    REQUIRE(tasks[0].size() == 1);
    REQUIRE(tasks[1].size() == 2);
    CHECK(tasks[0][0].id == 10);
    CHECK(tasks[1][0].id == 11);
    CHECK(tasks[0][0].payload.data == tasks[1][0].payload.data);
    CHECK(tasks[1][1].payload.text() == "own");
  }

  TEST_CASE_FIXTURE(node_fixture, "pieces become a memory file, one for all engines") {
    welcome();
    const auto payload = pattern(transport::piece_size + 3);
    get(batch_writer{}.targets({{10, 5, 0}, {11, 6, 0}}).large_task(0, -1, 77, payload.size()));
    REQUIRE(tasks[0].size() == 1);
    REQUIRE(tasks[1].size() == 1);
    CHECK(tasks[0][0].file);
    CHECK(tasks[0][0].file == tasks[1][0].file);
    CHECK_FALSE(tasks[0][0].file->complete());

    transport::frame_header next;
    next.kind = static_cast<std::uint16_t>(frame_kind::piece);
    next.tag = 77;
    next.size = static_cast<std::uint32_t>(transport::piece_size);
    const auto place = node.buffer(next); // where the workers will read it
    std::memcpy(place.data(), payload.data(), transport::piece_size);
    piece(77, place, 0);
    CHECK(transfers.empty());
    next.aux = transport::piece_size;
    next.size = 4;
    CHECK(node.buffer(next).data() != place.data() + transport::piece_size); // it would not fit
    piece(77, detail::bytes::copy(payload.data() + transport::piece_size, 3), transport::piece_size);
    CHECK(controller->count(frame_kind::credit) == 2);
    REQUIRE(transfers[0].size() == 1);
    CHECK(transfers[0][0].id == 10);
    CHECK(transfers[0][0].complete);
    REQUIRE(transfers[1].size() == 1);
    CHECK(transfers[1][0].id == 11);
    CHECK(content(*tasks[0][0].file) == std::string(payload.data(), payload.size()));
    CHECK(::ftruncate(tasks[0][0].file->fd(), 1) != 0); // sealed
  }

  TEST_CASE_FIXTURE(node_fixture, "a payload that comes by a lane is there for all engines that were named") {
    const std::string nonce = "0123456789abcdef0123456789abcdef";
    services->lanes = std::make_unique<node_lanes>(nonce);
    auto log = std::make_shared<lane_log>();
    services->lanes->admit([&log](lane_events& events) {
      log->events = &events;
      return std::make_unique<fake_lane>(log);
    });
    log->say_hello(3, nonce);
    node_state with_lanes{services, "nonce", out()};
    with_lanes.connected(controller, {});
    with_lanes.frame(arrives(controller, frame_kind::welcome, encode(welcome_node{{5, 6}})));
    const auto get_shared = [&](std::uint64_t handle) {
      with_lanes.frame(
          arrives(controller, frame_kind::tasks,
                  batch_writer{}.targets({{10, 5, 0}, {11, 6, 0}}).shared_task(0, -1, 3, handle, 7).take()));
    };
    SUBCASE("before the tasks") {
      log->say(lane_kind::payload, 77, file_of("payload"), 0, 7);
      get_shared(77);
      CHECK(transfers.empty());
    }
    SUBCASE("after them") {
      get_shared(77);
      CHECK_FALSE(tasks[0].at(0).file->complete());
      log->say(lane_kind::payload, 77, file_of("payload"), 0, 7);
      for (const std::size_t e : {0U, 1U}) {
        REQUIRE(transfers[e].size() == 1);
        CHECK(transfers[e][0].complete);
      }
    }
    for (const std::size_t e : {0U, 1U}) {
      REQUIRE(tasks[e].size() == 1);
      CHECK(tasks[e][0].client == 3);
      CHECK(content(*tasks[e][0].file) == "payload");
    }
    get_shared(78);
    log->events->lane_closed();
    REQUIRE_FALSE(transfers[0].empty());
    CHECK_FALSE(transfers[0].back().complete);
    CHECK_FALSE(transfers[0].back().trouble.empty());
    get_shared(79); // there is no lane any more
    CHECK(tasks[0].size() == 3);
    CHECK_FALSE(transfers[1].back().trouble.empty());
  }

  TEST_CASE_FIXTURE(node_fixture, "an abandoned transfer ends for every engine that waits") {
    welcome();
    get(batch_writer{}.targets({{10, 5, 0}, {11, 6, 0}}).large_task(0, -1, 77, 100));
    node.frame(arrives(controller, frame_kind::abandon, {}, 0, 77));
    for (const std::size_t e : {0U, 1U}) {
      REQUIRE(transfers[e].size() == 1);
      CHECK_FALSE(transfers[e][0].complete);
      CHECK(transfers[e][0].trouble.empty());
    }
    piece(77, pattern(100), 0); // late: taken, so that the window opens, and thrown away
    CHECK(controller->count(frame_kind::credit) == 1);
    CHECK(transfers[0].size() == 1);
  }

  TEST_CASE_FIXTURE(node_fixture, "a payload that no memory can hold ends in words") {
    welcome();
    get(batch_writer{}.large_task(10, 5, 77, std::uint64_t{1} << 63));
    piece(77, pattern(10), 0);
    CHECK(controller->count(frame_kind::credit) == 1);
    REQUIRE(transfers[0].size() == 1);
    CHECK_FALSE(transfers[0][0].complete);
    CHECK_FALSE(transfers[0][0].trouble.empty());
  }

  // The file grows beyond what was announced and is never complete: its task waits for ever.
  TEST_CASE_FIXTURE(node_fixture, "pieces beyond the announced size end the transfer in words") {
    welcome();
    get(batch_writer{}.large_task(10, 5, 77, 10));
    piece(77, pattern(11), 0);
    REQUIRE(transfers[0].size() == 1);
    CHECK_FALSE(transfers[0][0].complete);
    CHECK_FALSE(transfers[0][0].trouble.empty());
  }

  TEST_CASE_FIXTURE(node_fixture, "outboxes leave when it is told to flush") {
    node.flush(); // before there is a controller
    welcome();
    services->direct->add({}, nullptr);
    services->balanced->add({}, nullptr);
    CHECK(controller->count(frame_kind::outcomes) == 0);
    node.flush();
    const auto frames = controller->take(frame_kind::outcomes);
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].flags == 0);
    CHECK(frames[1].flags == transport::balanced);
  }

  TEST_CASE_FIXTURE(node_fixture, "it reports to the hub once it is welcomed") {
    node.report({});
    CHECK(controller->count(frame_kind::engine_report) == 0);
    welcome();
    engine_report r;
    r.engine = 5;
    r.state = "idle";
    node.report(r);
    CHECK(decode<engine_report>(controller->take_one(frame_kind::engine_report).body).engine == 5);
    node.link_down("cut");
    node.report(r);
    CHECK(controller->count(frame_kind::engine_report) == 0);
  }

  TEST_CASE_FIXTURE(node_fixture, "it ends once, for the reason that came first") {
    ec expected{};
    SUBCASE("refused") {
      node.frame(arrives(controller, frame_kind::refused,
                         encode(refusal{static_cast<std::uint8_t>(ec::incompatible_version), "too old"})));
      expected = ec::incompatible_version;
    }
    SUBCASE("told to stop") {
      node.frame(arrives(controller, frame_kind::stop));
      expected = ec::interrupted;
    }
    SUBCASE("cut off") {
      node.link_down("cut");
      expected = ec::not_connected;
    }
    node.link_down("closed");
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].first == expected);
    CHECK_FALSE(ended[0].second.empty());
  }

  TEST_CASE_FIXTURE(node_fixture,
                    "a node that has to go says first what becomes of its tasks, and ends when that left") {
    welcome();
    node.depart(ec::engine_lost, "MPI ended it");
    REQUIRE(departed.size() == 2);
    CHECK(departed[1] == "MPI ended it");
    CHECK(controller->closed == "MPI ended it");
    CHECK(ended.empty());
    node.link_down("MPI ended it");
    node.depart(ec::engine_lost, "again");
    REQUIRE(ended.size() == 1);
    CHECK(ended[0] == std::pair{ec::engine_lost, std::string{"MPI ended it"}});
  }

  TEST_CASE_FIXTURE(node_fixture, "a controller that talks nonsense is left") {
    node.frame(arrives(controller, frame_kind::welcome, bytes_of("\xc1")));
    CHECK(controller->closed);
    CHECK(welcomed.empty());
  }

  TEST_CASE("the actor: it connects, counters are asked for from time to time, and it ends its engines with itself") {
    stage s;
    int asked = 0;
    bool ended = false, engine_ended = false;
    const auto an_engine = s.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->set_exit_handler([&, self](const caf::exit_msg& m) {
        engine_ended = true;
        self->quit(m.reason);
      });
      return {[&](const report_changes&) { ++asked; }};
    });
    auto services = std::make_shared<node_services>();
    const auto controller = link_to(security::role::controller);
    node_setup setup;
    setup.services = services;
    *setup.engines = {an_engine};
    node_state::callbacks out;
    out.welcomed = [](const std::vector<int>&) {};
    out.number = [](std::size_t, engine_number) {};
    out.ended = [&](ec, const std::string&) { ended = true; };
    setup.state = std::make_shared<node_state>(services, "nonce", std::move(out));
    const auto n = s.spawn([&](caf::event_based_actor* self) { return node(self, std::move(setup)); });
    s.tell(n, controller_connected{controller});
    CHECK(decode<hello_node>(controller->take_one(frame_kind::hello).body).nonce == "nonce");
    s.tell(n, arrives(controller, frame_kind::welcome, encode(welcome_node{{3}})));
    s.advance(report_interval);
    s.advance(report_interval);
    CHECK(asked == 2);

    services->direct->add({}, nullptr);
    s.tell(n, flush{});
    CHECK(controller->count(frame_kind::outcomes) == 1);
    services->balanced->add({}, nullptr);
    services->flush_now();
    CHECK(controller->count(frame_kind::outcomes) == 2);
    services->report({});
    CHECK(controller->count(frame_kind::engine_report) == 1);

    s.tell(n, link_down{controller, "cut"});
    CHECK(ended);
    s.tell(n, stop_node{});
    CHECK(engine_ended);
    services->flush_now = services->flush_later = {}; // they hold the state, which holds it
    services->report = {};
  }
}
