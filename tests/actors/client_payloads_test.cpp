// Payloads and results of a client that do not lie in their records.

#include "runtime/worker/protocol.hpp"
#include "tests/actors/client_fixture.hpp"
#include "tests/actors/fake_lane.hpp"

#include <numeric>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// A client with a lane to engines 0 and 1; engine 2 is on another host.
struct lane_fixture : client_fixture {
  std::shared_ptr<lane_log> log = std::make_shared<lane_log>();

  lane_fixture()
      : client_fixture{[this](const std::string& path, lane_events& events) -> std::unique_ptr<lane> {
          if (path != "/lane") return nullptr;
          log->events = &events;
          return std::make_unique<fake_lane>(log);
        }} {
    get(frame_kind::engines, encode(std::vector<node_place>{{"here", "/lane", {0, 1}}, {"there", "/other", {2}}}));
    log->say(lane_kind::welcome);
    log->sent.clear();
  }
  /// A task of engine 0 has ended, and its result comes by the lane.
  call_ptr ended_by_lane(std::uint64_t handle) {
    auto c = submit(0);
    get(frame_kind::outcomes, batch_writer{}.shared_result(c->ids[0], 0, handle, 6).take());
    return c;
  }
};

} // namespace

TEST_SUITE("client payloads") {
  TEST_CASE_FIXTURE(client_fixture, "a large payload leaves in pieces, no more than the window at a time") {
    const auto size = transport::piece_size * 20 + 17;
    const auto payload = pattern(size);
    const auto c = call();
    core.submit_direct(c, 0, detail::slice{payload}, std::vector{0});
    core.flush();
    REQUIRE(controller->sent.size() >= 2);
    const auto head = records(controller->take_one(frame_kind::direct_tasks).body).at(0);
    CHECK((head.head.flags & wire::transferred) != 0);
    CHECK(head.head.size == sizeof(std::uint64_t));
    std::uint64_t offset = 0;
    std::size_t unacknowledged = 0;
    for (;;) {
      const auto pieces = controller->take(frame_kind::piece);
      unacknowledged += pieces.size();
      CHECK(unacknowledged <= transport::piece_window);
      for (const auto& p : pieces) {
        CHECK(p.tag == head.head.transfer);
        CHECK(p.aux == offset);
        CHECK(p.body.data == payload.data() + offset); // from where it lies
        offset += p.body.size;
      }
      if (unacknowledged == 0) break;
      --unacknowledged;
      get(frame_kind::credit, {}, 0, head.head.transfer, 1);
    }
    CHECK(offset == size);
  }

  TEST_CASE_FIXTURE(lane_fixture,
                    "a large payload for engines of this host goes by their lane, and so does the result") {
    const auto large = [this] {
      auto memory = core.large_memory(transport::piece_size + 1);
      REQUIRE_FALSE(memory.empty());
      return detail::slice{std::move(memory)};
    };
    const auto submit = [&](std::vector<int> engines) {
      auto c = std::make_shared<detail::call>(engines.size(), "job");
      core.submit_direct(c, 0, large(), engines);
      core.flush();
      return c;
    };
    const auto c = submit({0, 1});
    const auto sent = records(controller->take_one(frame_kind::direct_tasks).body);
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].head.flags == wire::shared);
    CHECK(controller->count(frame_kind::piece) == 0);
    REQUIRE(log->sent.size() == 1);
    CHECK(log->sent[0].message.handle == sent[1].head.transfer);
    CHECK(log->take()[0].message.size >= transport::piece_size + 1);

    const auto ids = sent[0].as_targets();
    core.on_frame(arrives(controller, frame_kind::outcomes, batch_writer{}.shared_result(ids[0].id, 0, 33, 6).take()));
    CHECK_FALSE(c->ready(0));
    log->say(lane_kind::payload, 33, file_of("result"), 0, 6);
    REQUIRE(c->ready(0));
    CHECK(c->at(0).payload.text() == "result");
    core.flush();
    CHECK(log->sent.empty()); // the other engine still needs it
    core.on_frame(arrives(controller, frame_kind::outcomes, batch_writer{}.shared_result(ids[1].id, 1, 34, 6).take()));
    core.flush();
    REQUIRE(log->sent.size() == 1);
    CHECK(log->sent[0].kind() == lane_kind::drop);
    core.on_frame(arrives(controller, frame_kind::outcomes, batch_writer{}.shared_result(ids[0].id, 0, 35, 6).take()));
    log->sent.clear();
    log->say(lane_kind::payload, 35, file_of("result"), 0, 6); // its task is no more
    core.flush();
    REQUIRE(log->sent.size() == 1);
    CHECK(log->sent[0].kind() == lane_kind::release);
    log->events->lane_closed();
    REQUIRE(c->ready(1));
    CHECK(detail::decode_failure(c->at(1).payload).code == ec::engine_lost);

    const auto there = std::make_shared<detail::call>(1, "job");
    core.submit_direct(there, 0, detail::slice{pattern(transport::piece_size + 1)}, std::vector{2});
    core.flush();
    CHECK(records(controller->take_one(frame_kind::direct_tasks).body).at(0).head.flags == wire::transferred);
  }

  TEST_CASE_FIXTURE(lane_fixture, "a task whose result comes by a lane is open until it is here") {
    const auto c = ended_by_lane(33);
    core.flush();
    const auto comes = [&] { log->say(lane_kind::payload, 33, file_of("result"), 0, 6); };
    SUBCASE("who waits for room waits for that") { CHECK(known_of_parent(c, comes) == 1); }
    SUBCASE("or for its loss") {
      CHECK(known_of_parent(c, [&] { log->events->lane_closed(); }) == 2);
    }
    SUBCASE("what is said of it again changes nothing") {
      get(frame_kind::outcomes, batch_writer{}.shared_result(c->ids[0], 0, 33, 6).take());
      get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::failure, c->ids[0], 0, "").take());
      CHECK_FALSE(c->ready());
      comes();
      CHECK(text_of(c) == "result");
    }
    SUBCASE("the client's end is its end") {
      core.on_link_down("closed");
      CHECK(failure_of(c).code == ec::not_connected);
    }
  }

  TEST_CASE_FIXTURE(lane_fixture,
                    "a result on its way by a lane outlives the controller, and its task is not handed in") {
    core.on_lost([] {});
    const auto c = ended_by_lane(33);
    core.on_link_down("it died");
    const auto fresh = link_to(security::role::controller);
    core.on_connected(fresh, hello_client{protocol_version, "nonce", "here", 1});
    welcome_client w;
    w.client = 1;
    w.incarnation = 1;
    core.on_frame(arrives(fresh, frame_kind::welcome, encode(w)));
    CHECK(fresh->count(frame_kind::direct_tasks) == 0);
    CHECK_FALSE(c->ready());
    log->say(lane_kind::payload, 33, file_of("result"), 0, 6);
    CHECK(text_of(c) == "result");
  }

  TEST_CASE_FIXTURE(client_fixture, "a large result is put together, and settles its call when it is whole") {
    const auto c = submit(0);
    const auto id = sent(frame_kind::direct_tasks).at(0).head.id;
    const auto payload = pattern(transport::piece_size + 3);
    get(frame_kind::outcomes, batch_writer{}.large_result(id, 0, 5, payload.size()).take());
    CHECK_FALSE(c->ready());
    get(frame_kind::piece, detail::bytes::copy(payload.data(), transport::piece_size), transport::upward, 5, 0);
    CHECK_FALSE(c->ready());
    get(frame_kind::piece, detail::bytes::copy(payload.data() + transport::piece_size, 3), transport::upward, 5,
        transport::piece_size);
    REQUIRE(c->ready());
    CHECK(text_of(c) == std::string(payload.data(), payload.size()));
    const auto credits = controller->take(frame_kind::credit);
    REQUIRE(credits.size() == 2);
    CHECK(credits[0].tag == 5);
    CHECK(credits[0].flags == transport::upward);
  }

  TEST_CASE_FIXTURE(client_fixture, "a large result whose engine is lost on the way fails") {
    const auto c = submit(0);
    const auto id = sent(frame_kind::direct_tasks).at(0).head.id;
    get(frame_kind::outcomes, batch_writer{}.large_result(id, 0, 5, 100).take());
    get(frame_kind::abandon, {}, transport::upward, 5);
    CHECK(failure_of(c).code == ec::engine_lost);
    CHECK(failure_of(c).engine == 0);
    get(frame_kind::abandon, {}, transport::upward, 6);
  }

  TEST_CASE_FIXTURE(client_fixture, "a result of an absurd size is not believed") {
    const auto c = submit(0);
    const auto id = sent(frame_kind::direct_tasks).at(0).head.id;
    CHECK_NOTHROW(get(frame_kind::outcomes, batch_writer{}.large_result(id, 0, 5, std::uint64_t{1} << 62).take()));
    CHECK((c->ready() || controller->closed));
  }

  // It waits for pieces that never come.
  TEST_CASE_FIXTURE(client_fixture, "a large result of no size settles its call") {
    const auto c = submit(0);
    const auto id = sent(frame_kind::direct_tasks).at(0).head.id;
    get(frame_kind::outcomes, batch_writer{}.large_result(id, 0, 5, 0).take());
    CHECK((c->ready() || controller->closed));
  }
}
