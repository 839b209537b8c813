// What the hub keeps over the end of a connection, of a node or of a controller: who was there, and whose numbers are
// whose.

#include "actors/hub.hpp"

#include "runtime/security/session_key.hpp"
#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

using namespace pactor;
using namespace pactor::test;

TEST_SUITE("hub, recovery") {
  TEST_CASE("after a restart new clients wait for the engines that were there, old ones do not") {
    std::vector<client_joined> joined;
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.incarnation = 1;
    setup.secret = "secret";
    setup.expected.engines = {0, 1};
    setup.expected.clients = {5};
    hub_state hub{setup,
                  {[&](const client_joined& c) { joined.push_back(c); }, [](const node_joined&) {},
                   [](const engine_available&) {}, [](const std::function<void(std::uint64_t)>&) {}}};
    const auto hello = [&](security::role role, const auto& h) {
      auto link = link_to(role);
      hub.frame(arrives(link, frame_kind::hello, encode(h)));
      return link;
    };
    const hello_client fresh{protocol_version, "right", "here", 1};
    auto old = fresh;
    old.number = 5;
    old.key = security::session_key("secret", 5);
    CHECK(hello(security::role::client, old)->count(frame_kind::welcome) == 1);
    const auto waits = hello(security::role::client, fresh);
    const auto leaves = hello(security::role::client, fresh);
    hub.link_down({leaves, "gone"});
    CHECK(waits->count(frame_kind::welcome) == 0);

    hello_node node;
    node.nonce = "right";
    for (const int engine : {0, 1}) {
      node.requested = {engine};
      node.keys = {security::engine_key("secret", engine)};
      node.pid = engine + 1;
      CHECK(waits->count(frame_kind::welcome) == 0);
      hello(security::role::node, node);
    }
    CHECK(decode<welcome_client>(waits->take_one(frame_kind::welcome).body).nodes.size() == 2);
    CHECK(joined.size() == 2);
    CHECK_FALSE(hub.recovering());
    // Those who were not there get numbers that nobody had.
    node.requested = {-1};
    node.pid = 9;
    const auto stranger = hello(security::role::node, node);
    CHECK(decode<welcome_node>(stranger->take_one(frame_kind::welcome).body).engines == std::vector{2});
    auto unknown = old;
    unknown.number = 6;
    unknown.key = security::session_key("secret", 6);
    const auto forgotten = hello(security::role::client, unknown);
    CHECK(decode<welcome_client>(forgotten->take_one(frame_kind::welcome).body).client != 6);
  }

  TEST_CASE("a node gets the numbers back that it had, and nobody else does, not with the same credentials") {
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.secret = "secret";
    const auto start = [&] {
      return std::make_unique<hub_state>(setup,
                                         hub_state::callbacks{[](const client_joined&) {}, [](const node_joined&) {},
                                                              [](const engine_available&) {},
                                                              [](const std::function<void(std::uint64_t)>&) {}});
    };
    auto hub = start();
    const auto join = [&](std::vector<int> numbers, std::vector<std::string> keys) {
      hello_node h;
      h.nonce = "right";
      h.host = "here";
      h.pid = 7;
      h.requested = std::move(numbers);
      h.keys = std::move(keys);
      auto link = link_to(security::role::node);
      hub->frame(arrives(link, frame_kind::hello, encode(h)));
      auto w = decode<welcome_node>(link->take_one(frame_kind::welcome).body);
      return std::pair{std::move(link), std::move(w)};
    };
    const auto [owner, w] = join({-1, -1}, {});
    REQUIRE(w.engines == std::vector{0, 1});
    REQUIRE(w.keys.size() == 2);
    // It says what the owner says, host and process, too.
    CHECK(join({0, 1}, {}).second.engines == std::vector{2, 3});
    CHECK_FALSE(owner->closed);
    CHECK(join({0, 1}, {w.keys[1], w.keys[0]}).second.engines == std::vector{4, 5});
    CHECK(join({3, 0}, {"", w.keys[0]}).second.engines == std::vector{6, 7}); // 0 is in use
    CHECK_FALSE(owner->closed);
    SUBCASE("it is back before its end was noticed") {
      CHECK(join({0, 1}, w.keys).second.engines == std::vector{0, 1});
      CHECK(owner->closed);
    }
    SUBCASE("numbers that nobody had are free, for ranks of MPI that somebody starts by hand") {
      CHECK(join({20}, {}).second.engines == std::vector{20});
      CHECK(join({20}, {}).second.engines == std::vector{21});
    }
    SUBCASE("it was cut off") {
      hub->link_down({owner, "cut"});
      CHECK(join({0, 1}, {}).second.engines == std::vector{8, 9});
      CHECK(join({0, 1}, w.keys).second.engines == std::vector{0, 1});
    }
    SUBCASE("it meets another life of the controller") {
      setup.incarnation = 1;
      setup.expected.engines = {0, 1, 2, 3};
      hub = start();
      CHECK(join({0, 1}, {}).second.engines == std::vector{4, 5});
      CHECK(join({0, 1}, w.keys).second.engines == std::vector{0, 1});
    }
  }

  TEST_CASE("the next controller hears for a minute which engines were lost") {
    using namespace std::chrono_literals;
    auto now = std::chrono::steady_clock::time_point{1h};
    files::roster noted;
    std::vector<std::chrono::milliseconds> asked;
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.now = [&now] { return now; };
    setup.incarnation = 1;
    setup.expected.engines = {0, 1};
    setup.expected.lost = {3};
    hub_state::callbacks out{[](const client_joined&) {}, [](const node_joined&) {}, [](const engine_available&) {},
                             [](const std::function<void(std::uint64_t)>&) {}};
    out.roster = [&](const files::roster& r) { noted = r; };
    out.forget_later = [&](std::chrono::milliseconds d) { asked.push_back(d); };
    hub_state hub{setup, std::move(out)};
    hello_node node;
    node.nonce = "right";
    node.requested = {0, -1};
    const auto n = link_to(security::role::node);
    hub.frame(arrives(n, frame_kind::hello, encode(node)));
    CHECK(decode<welcome_node>(n->take_one(frame_kind::welcome).body).engines == std::vector{0, 4}); // 3 may come back
    CHECK(noted.lost == std::vector{3});
    now += 30s;
    hub.end_recovery(); // 1 is not back
    CHECK(noted.lost == std::vector{1, 3});
    hub.end_recovery();
    hub.link_down({n, "gone"});
    CHECK(noted.engines.empty());
    CHECK(noted.lost == std::vector{0, 1, 3, 4});
    CHECK(asked == std::vector<std::chrono::milliseconds>{1min, 1min, 1min});
    now += 30s;
    hub.forget_departed();
    CHECK(noted.lost == std::vector{0, 1, 4});
    now += 30s;
    hub.forget_departed();
    CHECK(noted.lost.empty());
  }

  TEST_CASE("a controller that stood still while nodes came back still notes who is missing") {
    using namespace std::chrono_literals;
    auto now = std::chrono::steady_clock::time_point{1h};
    files::roster noted;
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.now = [&now] { return now; };
    setup.incarnation = 1;
    setup.expected.engines = {0, 1};
    hub_state::callbacks out{[](const client_joined&) {}, [](const node_joined&) {}, [](const engine_available&) {},
                             [](const std::function<void(std::uint64_t)>&) {}};
    out.roster = [&](const files::roster& r) { noted = r; };
    hub_state hub{setup, std::move(out)};
    now += 10s;
    hello_node node;
    node.nonce = "right";
    node.requested = {0};
    hub.frame(arrives(link_to(security::role::node), frame_kind::hello, encode(node)));
    CHECK(noted.engines == std::vector{0, 1});
    CHECK(hub.recovering());
    hub.end_recovery();
    CHECK(noted.engines == std::vector{0});
    CHECK(noted.lost == std::vector{1});
  }

  TEST_CASE("the next controller waits for clients that were cut off, until their schedulers forget them") {
    using namespace std::chrono_literals;
    auto now = std::chrono::steady_clock::time_point{1h};
    files::roster noted;
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.now = [&now] { return now; };
    hub_state::callbacks out{[](const client_joined&) {}, [](const node_joined&) {}, [](const engine_available&) {},
                             [](const std::function<void(std::uint64_t)>&) {}};
    out.roster = [&](const files::roster& r) { noted = r; };
    hub_state hub{setup, std::move(out)};
    const auto join = [&] {
      auto link = link_to(security::role::client);
      hub.frame(arrives(link, frame_kind::hello, encode(hello_client{protocol_version, "right", "here", 1})));
      return link;
    };
    const auto cut = join(), leaves = join();
    CHECK(noted.clients.size() == 2);
    hub.link_down({cut, "cut"});
    CHECK(noted.clients.size() == 2);
    hub.frame(arrives(leaves, frame_kind::stop));
    hub.link_down({leaves, "it closed it"});
    CHECK(noted.clients == std::vector<std::uint32_t>{1});
    now += broken_time;
    hub.forget_departed();
    CHECK(noted.clients.empty());
  }

  TEST_CASE("who waits for engines that do not come back is let in after a while") {
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.incarnation = 1;
    setup.expected.engines = {0};
    hub_state hub{setup,
                  {[](const client_joined&) {}, [](const node_joined&) {}, [](const engine_available&) {},
                   [](const std::function<void(std::uint64_t)>&) {}}};
    const auto c = link_to(security::role::client);
    hub.frame(arrives(c, frame_kind::hello, encode(hello_client{protocol_version, "right", "here", 1})));
    CHECK(c->count(frame_kind::welcome) == 0);
    hub.end_recovery();
    CHECK(c->count(frame_kind::welcome) == 1);
  }
}
