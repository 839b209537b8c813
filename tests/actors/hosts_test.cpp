// Hosts that come and go while the cluster runs, at the hub and at a node.

#include "actors/hub.hpp"
#include "actors/node.hpp"
#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pactor;
using namespace pactor::test;

namespace {

struct hosts_fixture {
  std::vector<node_joined> nodes;
  std::vector<std::vector<int>> drained, closed;
  std::vector<std::function<void(std::uint64_t)>> counts; // that were asked for
  int ticks = 0;                                          // that were asked for
  std::chrono::steady_clock::time_point now{std::chrono::hours{1}};
  hub_state hub{setup(), callbacks()};

  hub_setup setup() {
    hub_setup s{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    s.now = [this] { return now; };
    return s;
  }

  hub_state::callbacks callbacks() {
    hub_state::callbacks out;
    out.client = [](const client_joined&) {};
    out.node = [this](const node_joined& n) { nodes.push_back(n); };
    out.available = [](const engine_available&) {};
    out.unassigned = [](const std::function<void(std::uint64_t)>& then) { then(0); };
    out.drain = [this](const drain_engines& d) { drained.push_back(d.engines); };
    out.close = [this](const close_engines& c) { closed.push_back(c.engines); };
    out.count = [this](const count_left&, std::function<void(std::uint64_t)> then) {
      counts.push_back(std::move(then));
    };
    out.tick_later = [this] { ++ticks; };
    return out;
  }
  fake_link_ptr client() {
    auto link = link_to(security::role::client);
    hub.frame(arrives(link, frame_kind::hello, encode(hello_client{protocol_version, "right", "here", 1})));
    return link;
  }
  fake_link_ptr node(const std::string& host, int pid, int engines) {
    return node(host, pid, std::vector<int>(static_cast<std::size_t>(engines), -1));
  }
  fake_link_ptr node(const std::string& host, int pid, std::vector<int> engines) {
    auto link = link_to(security::role::node);
    hello_node h;
    h.nonce = "right";
    h.host = host;
    h.pid = pid;
    h.requested = std::move(engines);
    hub.frame(arrives(link, frame_kind::hello, encode(h)));
    return link;
  }
  host_answer ask(const fake_link_ptr& client, query_kind kind, const std::string& host, std::uint32_t count = 0,
                  std::int64_t timeout = -1) {
    query q;
    q.kind = static_cast<std::uint8_t>(kind);
    q.host = host;
    q.count = count;
    q.timeout_ms = timeout;
    hub.frame(arrives(client, frame_kind::query, encode(q), 0, 5));
    return decode<host_answer>(client->take_one(frame_kind::answer).body);
  }
  void count(std::uint64_t tasks) {
    REQUIRE(counts.size() == 1);
    const auto then = std::move(counts[0]);
    counts.clear();
    then(tasks);
  }
};

std::set<int> engines_in(const sent_frame& places) {
  std::set<int> all;
  for (const auto& p : decode<std::vector<node_place>>(places.body)) all.insert(p.engines.begin(), p.engines.end());
  return all;
}

} // namespace

TEST_SUITE("hosts") {
  TEST_CASE_FIXTURE(hosts_fixture, "a host gets further engines: its node is told before anybody else") {
    node("A", 1, 2);
    const auto b = node("B", 2, 1);
    const auto c = client();
    b->sent.clear();
    const auto a = ask(c, query_kind::start_engines, "B", 2);
    CHECK(a.why.empty());
    CHECK(a.engines == std::vector{3, 4});
    const auto order = decode<engine_control>(b->take_one(frame_kind::engine_control).body);
    CHECK(order.kind == static_cast<std::uint8_t>(query_kind::start_engines));
    CHECK(order.engines == std::vector{3, 4});
    REQUIRE(nodes.size() == 3);
    CHECK(nodes[2].link == b);
    CHECK(nodes[2].engines == std::vector{3, 4});
    CHECK(engines_in(c->take_one(frame_kind::engines)) == std::set{0, 1, 2, 3, 4});
    const auto none = ask(c, query_kind::start_engines, "D", 1);
    CHECK(none.why ==
          "no node on host D; there are nodes on A, B. To add one, run there: pactor node --connection FILE");
    CHECK_FALSE(ask(c, query_kind::start_engines, "B", 100'000).why.empty());
    CHECK_FALSE(ask(c, query_kind::start_engines, "B", 0).why.empty());
  }

  TEST_CASE_FIXTURE(hosts_fixture, "a host that is drained gets nothing new, and leaves when it has nothing left") {
    const auto a = node("A", 1, 2);
    node("B", 2, 1);
    const auto c = client();
    CHECK(ask(c, query_kind::drain_host, "A").engines == std::vector{0, 1});
    CHECK(drained == std::vector<std::vector<int>>{{0, 1}});
    CHECK(engines_in(c->take_one(frame_kind::engines)) == std::set{2}); // nobody names them any more
    CHECK(ticks == 1);
    hub.frame(arrives(c, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::status)})));
    const auto s = decode<status_answer>(c->take_one(frame_kind::answer).body);
    CHECK(std::get<1>(s.engines.at(0)).state == "draining");
    CHECK(std::get<1>(s.engines.at(2)).state == "starting");

    count(3);
    CHECK(ask(c, query_kind::drain_host, "A").why.empty()); // again is nothing new
    CHECK(drained.size() == 1);
    CHECK(ask(c, query_kind::start_engines, "A", 1).why == "host A is being drained");
    hub.drain_tick();
    count(0);
    CHECK(closed == std::vector<std::vector<int>>{{0, 1}});
    CHECK(a->count(frame_kind::engine_control) == 0);
    count(0);
    CHECK(decode<engine_control>(a->take_one(frame_kind::engine_control).body).kind == leave_node);
    hub.link_down({a, "it has left"});
    const auto before = ticks;
    hub.drain_tick();
    CHECK(ticks == before); // there is nothing to look after
    CHECK_FALSE(ask(c, query_kind::drain_host, "A").why.empty());
  }

  TEST_CASE_FIXTURE(hosts_fixture,
                    "a host that is cut off while it is drained has not left, and goes on when it is back") {
    const auto a = node("A", 1, 2);
    node("B", 2, 1);
    const auto c = client();
    CHECK(ask(c, query_kind::drain_host, "A").why.empty());
    count(3);
    hub.link_down({a, "the network"});
    CHECK(ask(c, query_kind::drain_host, "A").engines == std::vector{0, 1}); // what it has may go on
    c->sent.clear();
    node("A", 1, std::vector{0, 1});
    CHECK(drained == std::vector<std::vector<int>>{{0, 1}, {0, 1}});
    for (const auto& f : c->sent)
      if (f.kind == frame_kind::engines) CHECK(engines_in(f) == std::set{2});
    count(0);
    count(0);
    CHECK(closed == std::vector<std::vector<int>>{{0, 1}});
  }

  TEST_CASE_FIXTURE(hosts_fixture,
                    "a host that does not come back has left after a while; a new node of it is another") {
    const auto a = node("A", 1, 2);
    const auto c = client();
    CHECK(ask(c, query_kind::drain_host, "A").why.empty());
    hub.link_down({a, "the network"});
    CHECK(ask(c, query_kind::drain_host, "A").why.empty());
    now += absence_time;
    CHECK(ask(c, query_kind::drain_host, "A").why.starts_with("no node on host A"));
    drained.clear();
    node("A", 1, 2); // its process may have the same number
    CHECK(drained.empty());
  }

  TEST_CASE_FIXTURE(hosts_fixture, "a host whose time is over is cut off") {
    const auto a = node("A", 1, 1);
    const auto c = client();
    CHECK(ask(c, query_kind::drain_host, "A", 0, 0).why.empty());
    count(1);
    hub.drain_tick();
    CHECK(a->count(frame_kind::stop) == 1);
    hub.drain_tick();
    CHECK(a->count(frame_kind::stop) == 1);
  }

  TEST_CASE("a node adds engines, and leaves when all is said") {
    int added = 0;
    std::map<std::size_t, int> numbers;
    std::map<std::size_t, std::vector<core::engine_core::presence>> held;
    std::optional<ec> ended;
    const auto services = std::make_shared<node_services>();
    node_state::callbacks out;
    out.welcomed = [](const std::vector<int>&) {};
    out.number = [&](std::size_t e, engine_number n) { numbers[e] = n.number; };
    out.tasks = [](std::size_t, engine_tasks&&) {};
    out.add_engine = [&] { ++added; };
    out.held = [&](std::size_t e) { return held[e]; };
    out.ended = [&](ec code, const std::string&) { ended = code; };
    const auto controller = link_to(security::role::controller);
    node_state node{services, "nonce", std::move(out)};
    hello_node hello;
    hello.requested = {-1};
    node.connected(controller, hello);
    welcome_node welcome{{3}};
    welcome.keys = {"three"};
    node.frame(arrives(controller, frame_kind::welcome, encode(welcome)));
    engine_control more;
    more.kind = static_cast<std::uint8_t>(query_kind::start_engines);
    more.engines = {7, 9};
    more.keys = {"seven", "nine"};
    node.frame(arrives(controller, frame_kind::engine_control, encode(more)));
    node.frame(arrives(controller, frame_kind::engine_control, encode(more))); // twice is once
    CHECK(added == 2);
    CHECK(numbers == std::map<std::size_t, int>{{0, 3}, {1, 7}, {2, 9}});
    const auto other = link_to(security::role::controller); // the connection was lost, and there is another
    node.connected(other, hello);
    const auto again = decode<hello_node>(other->take_one(frame_kind::hello).body);
    CHECK(again.requested == std::vector{3, 7, 9});
    CHECK(again.keys == std::vector<std::string>{"three", "seven", "nine"});
    node.connected(controller, hello);

    held[2].push_back({{1, true}, {}, true});
    node.leave_when_done();
    node.frame(arrives(controller, frame_kind::engine_control, encode(engine_control{leave_node, {}, 0, "drained"})));
    for (int i = 0; i < 20; ++i) node.leave_when_done();
    CHECK_FALSE(ended);
    held[2].clear();
    services->balanced->add({}, nullptr); // it goes with the first look
    node.leave_when_done();
    CHECK(controller->count(frame_kind::outcomes) == 1);
    CHECK_FALSE(ended);
    node.leave_when_done();
    CHECK(ended == ec::interrupted);
  }
}
