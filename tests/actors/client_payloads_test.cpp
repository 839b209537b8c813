// Payloads and results of a client that do not lie in their records.

#include "runtime/worker/protocol.hpp"
#include "tests/actors/client_fixture.hpp"
#include "tests/actors/fake_lane.hpp"

#include <numeric>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

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

  TEST_CASE("a large payload for engines of this host goes by their lane, and so does the result") {
    auto log = std::make_shared<lane_log>();
    client_core core{[] {},
                     [&log](const std::string& path, lane_events& events) -> std::unique_ptr<lane> {
                       if (path != "/lane") return nullptr;
                       log->events = &events;
                       return std::make_unique<fake_lane>(log);
                     },
                     "nonce"};
    const auto controller = link_to(security::role::controller);
    core.on_connected(controller, hello_client{protocol_version, "nonce", "here", 1});
    welcome_client w;
    w.client = 5;
    w.nodes = {{"here", "/lane", {0, 1}}, {"there", "/other", {2}}};
    core.on_frame(arrives(controller, frame_kind::welcome, encode(w)));
    log->say(lane_kind::welcome);
    log->sent.clear();
    const auto large = [&core] {
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
