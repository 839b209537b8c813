#include "actors/hub.hpp"

#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::test;

namespace {

/// A hub whose schedulers are lists.
struct hub_fixture {
  std::vector<client_joined> clients;
  std::vector<node_joined> nodes;
  std::vector<engine_available> available;
  std::uint64_t waiting_tasks = 7;
  hub_state hub{{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}},
                {[this](const client_joined& c) { clients.push_back(c); },
                 [this](const node_joined& n) { nodes.push_back(n); },
                 [this](const engine_available& e) { available.push_back(e); },
                 [this](const std::function<void(std::uint64_t)>& then) { then(waiting_tasks); }}};

  fake_link_ptr client() {
    auto link = link_to(security::role::client);
    hello(link, hello_client{protocol_version, "right", "here", 1});
    return link;
  }
  fake_link_ptr node(const std::vector<int>& requested) {
    auto link = link_to(security::role::node);
    hello_node h;
    h.nonce = "right";
    h.host = "here";
    h.requested = requested;
    h.jobs = {{"add", "(int,int)->int", "libbasics.so"}};
    hello(link, h);
    return link;
  }
  template <class T>
  void hello(const fake_link_ptr& from, const T& h) {
    hub.frame(arrives(from, frame_kind::hello, encode(h)));
  }
  void report(const fake_link_ptr& node, int engine, const std::string& state, std::uint32_t restarts = 0) {
    engine_report r;
    r.engine = engine;
    r.state = state;
    r.restarts = restarts;
    r.last_loss = restarts > 0 ? "signal 9" : "";
    hub.frame(arrives(node, frame_kind::engine_report, encode(r)));
  }
  status_answer status(const fake_link_ptr& client) {
    hub.frame(arrives(client, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::status)}), 0, 5));
    const auto f = client->take_one(frame_kind::answer);
    CHECK(f.tag == 5);
    return decode<status_answer>(f.body);
  }
};

std::vector<int> ids(const std::vector<node_place>& places) {
  std::vector<int> all;
  for (const auto& p : places) all.insert(all.end(), p.engines.begin(), p.engines.end());
  std::sort(all.begin(), all.end());
  return all;
}
std::vector<int> ids(const sent_frame& f) { return ids(decode<std::vector<node_place>>(f.body)); }

} // namespace

TEST_SUITE("hub") {
  TEST_CASE_FIXTURE(hub_fixture, "a node gets numbers for its engines, a client hears of them") {
    const auto n = node({-1, -1});
    CHECK(n->welcomed);
    CHECK(decode<welcome_node>(n->take_one(frame_kind::welcome).body).engines == std::vector{0, 1});
    REQUIRE(nodes.size() == 1);
    CHECK(nodes[0].engines == std::vector{0, 1});
    CHECK(nodes[0].link == n);

    const auto c = client();
    CHECK(c->welcomed);
    const auto w = decode<welcome_client>(c->take_one(frame_kind::welcome).body);
    CHECK(w.cluster_id == "c1");
    CHECK(ids(w.nodes) == std::vector{0, 1});
    CHECK(w.nodes[0].host == "here");
    REQUIRE(clients.size() == 1);
    CHECK(clients[0].client == w.client);

    node({-1});
    CHECK(ids(c->take_one(frame_kind::engines)) == std::vector{0, 1, 2});
    CHECK(decode<welcome_client>(client()->take_one(frame_kind::welcome).body).client != w.client);
  }

  TEST_CASE("the schedulers hear of a client before, of a node after it is welcomed") {
    // Else a client's first tasks would find schedulers that do not know it, and tasks that wait for a node would
    // overtake its welcome.
    auto link = link_to(security::role::client);
    std::size_t frames_then = 99;
    hub_state hub{{"c1", "right", "0.1.0", "", 0, {}},
                  {[&](const client_joined&) { frames_then = link->sent.size(); },
                   [&](const node_joined&) { frames_then = link->sent.size(); },
                   {},
                   {}}};
    hub.frame(arrives(link, frame_kind::hello, encode(hello_client{protocol_version, "right", "here", 1})));
    CHECK(frames_then == 0);
    CHECK(link->sent.size() == 1);

    link = link_to(security::role::node);
    frames_then = 99;
    hello_node h;
    h.nonce = "right";
    h.requested = {-1};
    hub.frame(arrives(link, frame_kind::hello, encode(h)));
    CHECK(frames_then == 1);
    CHECK(link->sent.size() == 1);
  }

  TEST_CASE_FIXTURE(hub_fixture, "an engine that was cut off gets its number back") {
    const auto n = node({-1, -1});
    hub.link_down({n, "cut"});
    const auto again = node({1, -1});
    CHECK(decode<welcome_node>(again->take_one(frame_kind::welcome).body).engines == std::vector{1, 2});
  }

  TEST_CASE_FIXTURE(hub_fixture, "another protocol version is refused in words") {
    const auto link = link_to(security::role::client);
    hello(link, hello_client{protocol_version + 1, "right", "here", 1});
    const auto r = decode<refusal>(link->take_one(frame_kind::refused).body);
    CHECK(r.code == static_cast<std::uint8_t>(ec::incompatible_version));
    CHECK(r.what.find("protocol " + std::to_string(protocol_version + 1)) == std::string::npos);
    CHECK(r.what.find("same version of pactor") != std::string::npos);
    CHECK(link->closed);
    CHECK_FALSE(link->welcomed);
    CHECK(clients.empty());
  }

  TEST_CASE_FIXTURE(hub_fixture, "a hello that makes no sense is refused in words") {
    const auto c = link_to(security::role::client);
    SUBCASE("a name that would write into logs") {
      hello(c, hello_client{protocol_version, "right", "here\n2024-01-01 [hub] all is well", 1});
    }
    SUBCASE("a name without end") { hello(c, hello_client{protocol_version, "right", std::string(256, 'x'), 1}); }
    SUBCASE("no MessagePack") { hub.frame(arrives(c, frame_kind::hello, bytes_of("hello"))); }
    CHECK(c->count(frame_kind::refused) == 1);
    CHECK(c->closed);
    CHECK(clients.empty());
    CHECK(node(std::vector<int>(10'001, -1))->closed);
    CHECK(nodes.empty());
    CHECK(node({-1})->welcomed);
  }

  TEST_CASE_FIXTURE(hub_fixture, "who asks and does not read the answers is cut off") {
    const auto c = client(), other = client();
    c->backlog = std::size_t{65} << 20;
    hub.frame(arrives(c, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::jobs)}), 0, 5));
    REQUIRE(c->closed);
    CHECK(c->closed->find("does not read the answers") != std::string::npos);
    CHECK(c->count(frame_kind::answer) == 0);
    CHECK_FALSE(other->closed);
  }

  TEST_CASE_FIXTURE(hub_fixture, "a connection file of another start is refused in words") {
    const auto link = link_to(security::role::node);
    hello_node h;
    h.nonce = "stale";
    h.requested = {-1};
    hello(link, h);
    const auto r = decode<refusal>(link->take_one(frame_kind::refused).body);
    CHECK(r.code == static_cast<std::uint8_t>(ec::refused));
    CHECK(r.what.find("another start") != std::string::npos);
    CHECK(link->closed);
    CHECK(nodes.empty());
  }

  TEST_CASE_FIXTURE(hub_fixture, "a hello that is none is refused") {
    for (const auto role : {security::role::client, security::role::node}) {
      const auto link = link_to(role);
      hub.frame(arrives(link, frame_kind::hello, bytes_of("\xc1 nonsense")));
      CHECK(link->count(frame_kind::refused) == 1);
      CHECK(link->closed);
    }
    CHECK(clients.empty());
    CHECK(nodes.empty());
  }

  TEST_CASE_FIXTURE(hub_fixture, "a peer that says hello twice is cut off, and leaves nothing behind") {
    const auto n = node({-1});
    hello_node h;
    h.nonce = "right";
    h.requested = {-1};
    hello(n, h);
    CHECK(n->closed);
    const auto c = client();
    hello(c, hello_client{protocol_version, "right", "here", 1});
    CHECK(c->closed);
    CHECK(nodes.size() == 1);
    CHECK(clients.size() == 1);
    hub.link_down({n, "cut off"});
    hub.link_down({c, "cut off"});
    const auto s = status(client());
    CHECK(s.engines.empty());
    CHECK(s.clients == 1);
  }

  TEST_CASE_FIXTURE(hub_fixture, "it answers which jobs there are, each once") {
    node({-1});
    node({-1});
    const auto c = client();
    hub.frame(arrives(c, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::jobs)}), 0, 3));
    const auto f = c->take_one(frame_kind::answer);
    CHECK(f.tag == 3);
    const auto jobs = decode<jobs_answer>(f.body);
    REQUIRE(jobs.size() == 1);
    CHECK(std::get<0>(jobs[0]) == "add");
  }

  TEST_CASE_FIXTURE(hub_fixture, "its status has what nodes reported") {
    const auto n = node({-1, -1});
    report(n, 1, "restarting", 3);
    const auto s = status(client());
    CHECK(s.cluster_id == "c1");
    CHECK(s.version == "0.1.0");
    CHECK(s.address == "127.0.0.1:4000");
    CHECK(s.controller_pid == 42);
    CHECK(s.clients == 1);
    CHECK(s.unassigned == 7);
    REQUIRE(s.engines.size() == 2);
    CHECK(std::get<1>(s.engines[0]).state == "starting");
    CHECK(std::get<0>(s.engines[1]) == "here");
    CHECK(std::get<1>(s.engines[1]).state == "restarting");
    CHECK(std::get<1>(s.engines[1]).restarts == 3);
    CHECK(std::get<1>(s.engines[1]).last_loss == "signal 9");
  }

  TEST_CASE_FIXTURE(hub_fixture, "a query that it does not know is refused") {
    const auto c = client();
    hub.frame(arrives(c, frame_kind::query, encode(query{99}), 0, 3));
    CHECK(c->count(frame_kind::refused) == 1);
    CHECK(c->closed);
  }

  TEST_CASE_FIXTURE(hub_fixture, "a lost node takes its engines with it, and clients hear of it") {
    const auto c = client();
    const auto n = node({-1, -1});
    node({-1});
    c->take(frame_kind::engines);
    hub.link_down({n, "cut"});
    CHECK(ids(c->take_one(frame_kind::engines)) == std::vector{2});
    CHECK(status(c).engines.size() == 1);
  }

  TEST_CASE_FIXTURE(hub_fixture, "an engine whose node comes back tells why it was away, until its worker dies") {
    const auto c = client();
    const auto n = node({-1});
    report(n, 0, "idle", 1);
    const auto last_loss = [&] { return std::get<1>(status(c).engines.at(0)).last_loss; };
    CHECK(last_loss() == "signal 9");
    hub.link_down({n, "nothing heard for 5 s"});
    const auto back = node({0});
    CHECK(last_loss() == "the node of engine 0 is gone: nothing heard for 5 s");
    report(back, 0, "idle", 1); // what it had told before
    CHECK(last_loss() == "the node of engine 0 is gone: nothing heard for 5 s");
    engine_report r;
    r.engine = 0;
    r.state = "idle";
    r.restarts = 2;
    r.last_loss = "signal 11";
    hub.frame(arrives(back, frame_kind::engine_report, encode(r)));
    CHECK(last_loss() == "signal 11");
  }

  TEST_CASE_FIXTURE(hub_fixture, "a client that left is forgotten") {
    const auto c = client();
    hub.link_down({c, "left"});
    node({-1});
    CHECK(c->count(frame_kind::engines) == 0);
    CHECK(status(client()).clients == 1);
  }

  TEST_CASE_FIXTURE(hub_fixture, "an engine that is restarted gets no balanced tasks until it is back") {
    const auto n = node({-1});
    report(n, 0, "idle");
    available.clear();
    report(n, 0, "restarting", 1);
    REQUIRE(available.size() == 1);
    CHECK(available[0].engine == 0);
    CHECK_FALSE(available[0].available);
    report(n, 0, "idle", 1);
    REQUIRE(available.size() == 2);
    CHECK(available[1].available);
    report(n, 0, "busy", 1);
    CHECK(available.size() == 2);
  }

  TEST_CASE_FIXTURE(hub_fixture, "an engine that was given up leaves the numbers, but not the status") {
    const auto c = client();
    const auto n = node({-1, -1});
    c->take(frame_kind::engines);
    report(n, 0, "idle");
    available.clear();
    report(n, 0, "given up", 5);
    CHECK(ids(c->take_one(frame_kind::engines)) == std::vector{1});
    REQUIRE(available.size() == 1);
    CHECK_FALSE(available[0].available);
    CHECK(std::get<1>(status(c).engines[0]).state == "given up");
    CHECK(ids(decode<welcome_client>(client()->take_one(frame_kind::welcome).body).nodes) == std::vector{1});
  }

  TEST_CASE_FIXTURE(hub_fixture, "an engine whose worker never came up gets no balanced tasks") {
    const auto n = node({-1});
    SUBCASE("given up at once") { report(n, 0, "given up"); }
    SUBCASE("after some tries") {
      report(n, 0, "restarting");
      report(n, 0, "given up");
    }
    REQUIRE_FALSE(available.empty());
    CHECK_FALSE(available.back().available);
  }

  TEST_CASE_FIXTURE(hub_fixture, "a node can't speak for the engines of another") {
    node({-1});
    const auto other = node({-1});
    report(other, 0, "given up");
    report(other, 77, "given up");
    CHECK(available.empty());
    CHECK(std::get<1>(status(client()).engines[0]).state == "starting");
  }

  TEST_CASE_FIXTURE(hub_fixture, "it tells nodes and clients of a stop, so that nobody waits for it to come back") {
    const auto n = node({-1});
    const auto c = client();
    hub.stop();
    CHECK(n->count(frame_kind::stop) == 1);
    CHECK(c->count(frame_kind::stop) == 1);
  }
}
