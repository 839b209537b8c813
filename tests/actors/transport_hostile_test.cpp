// Peers that are wrong, broken or hostile: refused in words, and never to the harm of a good one.

#include "actors/transport/porch.hpp"
#include "actors/transport/rules.hpp"
#include "pactor/codec.hpp"
#include "pactor/error.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/transport_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sys/socket.h>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;

namespace {

security::cluster_credentials other_cluster(std::chrono::hours from_now = {}) {
  return security::make_credentials("c1", security::validity::from(std::chrono::system_clock::now() + from_now, 24h));
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

transport::frame_header header(frame_kind kind, std::uint32_t size = 0) {
  transport::frame_header h;
  h.kind = static_cast<std::uint16_t>(kind);
  h.size = size;
  return h;
}

void send_text(const process::unique_fd& to, std::string_view text) {
  [[maybe_unused]] const auto n = ::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

/// A client with no certificate at all.
std::string refusal_without_certificate(std::uint16_t port) {
  const security::ssl_context_ptr context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  try {
    const auto d = transport::dial("127.0.0.1", port, context.get(), soon());
    ::close(d.fd);
    return {};
  } catch (const error& e) {
    return e.what();
  }
}

} // namespace

TEST_SUITE("transport, hostile") {
  TEST_CASE("hosts take turns to come in, and the one that sends most makes room") {
    transport::waiting_room<int> room{5};
    CHECK_FALSE(room.next());
    for (const auto v : {1, 2, 3, 4}) CHECK_FALSE(room.add("many", v));
    CHECK_FALSE(room.add("one", 10));
    CHECK(room.add("other", 20) == 1);
    CHECK(room.size() == 5);
    std::vector<int> order;
    while (const auto v = room.next()) order.push_back(*v);
    CHECK(order == std::vector{2, 10, 20, 3, 4});
    for (int i = 0; i < 100; ++i) room.add("many", i);
    CHECK(room.add("one", 1'000) == 95);
    CHECK(room.next() == 96);
    CHECK(room.next() == 1'000);
    CHECK(room.size() == 3);
  }

  TEST_CASE("who comes in great numbers waits; members work, and others come in") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto member = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    std::vector<process::unique_fd> crowd;
    for (std::size_t i = 0; i < 400; ++i) {
      crowd.push_back(net.plain());
      if (i % 100 != 0) continue;
      party::ask(member, "still in");
      CHECK(client.seen.wait_frames(frame_kind::answer, i / 100 + 1));
    }
    party next{net.system, role::client, net.credentials};
    next.join(net.port);
    CHECK(next.seen.wait_frames(frame_kind::welcome));
  }

  TEST_CASE("who left meanwhile costs nothing, and who knows the word comes in before others of its host") {
    const auto come = [](transport::porch& to) {
      int pair[2];
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
      CHECK_FALSE(to.add({process::unique_fd{pair[0]}, "10.0.0.1:" + std::to_string(pair[1])}));
      return process::unique_fd{pair[1]};
    };
    transport::porch porch{100, "open sesame"};
    auto silent = come(porch), gone = come(porch), rude = come(porch), member = come(porch);
    const auto port_of = [](const process::unique_fd& fd) { return "10.0.0.1:" + std::to_string(fd.get()); };
    CHECK(porch.look().empty());
    const auto who_left = port_of(gone);
    gone = {};
    send_text(rude, "GET / HTTP/1.0");
    send_text(member, "so: open ");
    const auto left = porch.look();
    REQUIRE(left.size() == 1);
    CHECK(left[0].address == who_left);
    send_text(member, "sesame, please"); // the rest comes later
    CHECK(porch.look().empty());
    CHECK(porch.size() == 3);
    for (const auto* who : {&member, &silent, &rude}) {
      CHECK(porch.knows_next() == (who == &member));
      const auto v = porch.next();
      REQUIRE(v);
      CHECK(v->address == port_of(*who));
      CHECK(v->knows_the_word == (who == &member));
    }
    CHECK_FALSE(porch.next());
  }

  // No more strangers can be let in, and they come from the address that members come from, too.
  TEST_CASE("members come in from an address that floods the port") {
    transport::endpoint_options few;
    few.handshakes_at_once = 8;
    few.strangers_a_second = 0;
    network net{few};
    std::vector<process::unique_fd> crowd;
    for (int i = 0; i < 50; ++i) {
      crowd.push_back(net.plain());
      send_text(crowd.back(), std::string_view{"\x16\x03\x01\x02\x00", 5}); // a handshake that goes no further
    }
    for (int i = 0; i < 5; ++i) {
      party next{net.system, role::client, net.credentials};
      next.join(net.port);
      CHECK(next.seen.wait_frames(frame_kind::welcome));
    }
  }

  TEST_CASE("each role may send what is named here, and nothing else") {
    using k = frame_kind;
    const std::vector<k> anybody{k::ping};
    const std::vector<k> strangers{k::hello};
    const std::vector<k> clients{k::query,        k::task_query, k::direct_tasks, k::balanced_tasks,
                                 k::task_control, k::resume,     k::acknowledge,  k::piece,
                                 k::credit,       k::stop,       k::library,      k::library_part};
    const std::vector<k> nodes{k::engine_report, k::held, k::outcomes, k::piece, k::credit, k::library};
    const auto in = [](const std::vector<k>& list, k kind) { return std::ranges::find(list, kind) != list.end(); };
    for (int number = 0; number < 100; ++number) {
      const auto kind = static_cast<k>(number);
      for (const auto who : {role::client, role::node}) {
        for (const bool welcomed : {false, true}) {
          const auto& own = who == role::client ? clients : nodes;
          const bool expected = in(anybody, kind) || in(welcomed ? own : strangers, kind);
          bool allowed = false; // with some body and some flags
          for (const std::uint32_t size : {0U, 8U})
            for (std::uint16_t flags = 0; flags < 8; ++flags) {
              auto h = header(kind, size);
              h.flags = flags;
              const auto why = transport::objection(h, who, welcomed);
              allowed = allowed || !why;
              if (why) CHECK(says(*why, "kind " + std::to_string(number)));
            }
          CAPTURE(number);
          CAPTURE(to_string(who));
          CAPTURE(welcomed);
          CHECK(allowed == expected);
        }
      }
    }
  }

  TEST_CASE("flags turn no frame into one of another role's") {
    const auto fine = [](frame_kind kind, role who, std::uint16_t flags) {
      auto h = header(kind, kind == frame_kind::piece ? 8 : 0);
      h.flags = flags;
      return !transport::objection(h, who, true);
    };
    using transport::balanced, transport::upward;
    // A client sends arguments and takes results, a node the other way round.
    CHECK(fine(frame_kind::piece, role::client, balanced));
    CHECK_FALSE(fine(frame_kind::piece, role::client, upward));
    CHECK(fine(frame_kind::credit, role::client, upward));
    CHECK_FALSE(fine(frame_kind::credit, role::client, 0));
    CHECK(fine(frame_kind::piece, role::node, upward | balanced));
    CHECK_FALSE(fine(frame_kind::piece, role::node, balanced));
    CHECK(fine(frame_kind::credit, role::node, 0));
    CHECK_FALSE(fine(frame_kind::credit, role::node, upward));
    CHECK(fine(frame_kind::piece, role::controller, 0));
    CHECK(fine(frame_kind::piece, role::controller, upward));
    // Flags that say nothing are none.
    for (std::uint16_t flag = 1; flag != 0; flag = static_cast<std::uint16_t>(flag << 1U)) {
      CHECK_FALSE(fine(frame_kind::query, role::client, flag));
      CHECK_FALSE(fine(frame_kind::ping, role::node, flag));
      if (flag > upward) CHECK_FALSE(fine(frame_kind::outcomes, role::node, flag));
    }
  }

  TEST_CASE("certificates that are objected to lose their connection, the others of their role do not") {
    network net;
    auto& seen = net.controller().seen;
    const auto now = std::chrono::system_clock::now();
    const auto anna = net.credentials.issuer.issue(role::client, "anna", security::validity::from(now, 1h), now);
    party bad{net.system, role::client, net.credentials.ca, anna}, good{net.system, role::client, net.credentials};
    const auto link = bad.join(net.port), other = good.join(net.port);
    REQUIRE(bad.seen.wait_frames(frame_kind::welcome));
    REQUIRE(good.seen.wait_frames(frame_kind::welcome));
    const auto ended = net.controller().endpoint.guard(
        [](const security::certificate_info& peer) { return peer.name == "anna" ? "anna is out" : ""; });
    CHECK(ended == 1);
    CHECK_MESSAGE(seen.wait_closed("anna is out"), seen.reasons());
    CHECK(bad.seen.wait_closed(""));
    party::ask(other, "still in");
    CHECK(good.seen.wait_frames(frame_kind::answer));
    // And nobody comes in with it, although the handshake would let it.
    party again{net.system, role::client, net.credentials.ca, anna};
    CHECK(net.refusal_of(again) != "");
    CHECK_MESSAGE(seen.wait_refused("anna is out"), seen.reasons());
    CHECK(good.seen.closings() == 0);
  }

  TEST_CASE("a listener's credentials can be replaced while connections are open") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto open = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    const auto next = other_cluster();
    const security::tls_context tls{role::controller, next.ca, next.controller.certificate, next.controller.key};
    net.controller().endpoint.use(tls.get());
    party old{net.system, role::client, net.credentials}, fresh{net.system, role::client, next};
    CHECK(net.refusal_of(old) != "");
    CHECK(net.refusal_of(fresh) == "");
    party::ask(open, "still in");
    CHECK(client.seen.wait_frames(frame_kind::answer));
    net.controller().endpoint.use(net.controller().tls.get());
  }

  TEST_CASE("credentials of another cluster: both sides say so") {
    network net;
    auto& seen = net.controller().seen;
    const auto other = other_cluster();
    SUBCASE("the client does not believe the controller") {
      party client{net.system, role::client, other};
      const auto text = net.refusal_of(client);
      CHECK_MESSAGE(says(text, "not from this cluster's authority"), text);
      CHECK_MESSAGE(seen.wait_refused("does not know the authority"), seen.reasons());
    }
    SUBCASE("the controller does not believe the client") {
      party client{net.system, role::client, net.credentials.ca, other.client};
      const auto text = net.refusal_of(client);
      CHECK_MESSAGE(says(text, "another cluster or another start"), text);
      CHECK_MESSAGE(seen.wait_refused("not from this cluster's authority"), seen.reasons());
    }
    CHECK(seen.refusals() == 1);
    CHECK(seen.frames(frame_kind::hello).empty());
  }

  TEST_CASE("two controllers do not talk to each other") {
    network net;
    party second{net.system, role::controller, net.credentials};
    const auto text = net.refusal_of(second);
    CHECK_MESSAGE(says(text, "was refused"), text);
    CHECK(net.controller().seen.wait_refused(""));
  }

  TEST_CASE("a client that poses as a controller is not believed") {
    network net;
    party impostor{net.system, role::client, net.credentials};
    const auto port = impostor.endpoint.listen("127.0.0.1", 0);
    party node{net.system, role::node, net.credentials};
    CHECK_THROWS_AS(node.join(port), error);
  }

  TEST_CASE("no certificate") {
    network net;
    const auto text = refusal_without_certificate(net.port);
    CHECK_MESSAGE(says(text, "demands a certificate"), text);
    CHECK_MESSAGE(net.controller().seen.wait_refused("no certificate"), net.controller().seen.reasons());
  }

  TEST_CASE("an expired certificate") {
    network net;
    const auto old = other_cluster(-48h);
    party controller{net.system, role::controller, old};
    net.port = controller.endpoint.listen("127.0.0.1", 0);
    party client{net.system, role::client, old};
    const auto text = net.refusal_of(client);
    CHECK_MESSAGE(says(text, "has expired"), text);
    CHECK_MESSAGE(controller.seen.wait_refused("has expired"), controller.seen.reasons());
  }

  TEST_CASE("someone who does not speak TLS") {
    network net;
    const auto browser = net.plain(), noise = net.plain(), binary = net.plain();
    send_text(browser, "GET / HTTP/1.0\r\n\r\n");
    send_text(noise, std::string(100'000, 'x'));
    send_text(binary, std::string(64, '\0'));
    auto& seen = net.controller().seen;
    CHECK_MESSAGE(seen.wait_refused("127.0.0.1:", 3), seen.reasons());
    CHECK_MESSAGE(seen.wait_refused("does not speak TLS"), seen.reasons());
  }

  TEST_CASE("frames that a peer may not send are refused before their body is read") {
    network net;
    auto& seen = net.controller().seen;
    transport::frame_header h;
    bool after_hello = false;
    const char* words = "";
    SUBCASE("work before hello") {
      h = header(frame_kind::direct_tasks, 100);
      words = "before it is welcomed";
    }
    SUBCASE("a huge hello") {
      h = header(frame_kind::hello, 100U << 20);
      words = "the limit is 1048576";
    }
    SUBCASE("a huge frame") {
      h = header(frame_kind::direct_tasks, 0xFFFF'FFFF);
      after_hello = true;
      words = "the limit is 4194304";
    }
    SUBCASE("what only a controller sends") {
      h = header(frame_kind::welcome);
      words = "which a client may not send";
    }
    SUBCASE("what only a node sends") {
      h = header(frame_kind::engine_report, 1);
      after_hello = true;
      words = "which a client may not send";
    }
    SUBCASE("a second hello") {
      h = header(frame_kind::hello);
      after_hello = true;
      words = "which a client may not send";
    }
    SUBCASE("a kind that is none") {
      h = header(static_cast<frame_kind>(999));
      words = "kind 999";
    }
    auto peer = net.dial(role::client);
    if (after_hello) {
      peer.send(header(frame_kind::hello));
      CHECK(peer.receive()); // the welcome
    }
    peer.send(h);
    const auto answer = peer.receive();
    REQUIRE(answer);
    CHECK(answer->first.kind == static_cast<std::uint16_t>(frame_kind::refused));
    CHECK_MESSAGE(says(answer->second, words), answer->second);
    CHECK_FALSE(peer.receive()); // and closed
    CHECK_MESSAGE(seen.wait_closed(words), seen.reasons());
  }

  // connection::refuse() sends the words as they are, where everyone else sends an encoded refusal: the other side
  // can't read them and reports a malformed payload instead of the reason.
  TEST_CASE("a refusal by the transport can be read like any other") {
    network net;
    auto peer = net.dial(role::client);
    peer.send(header(frame_kind::direct_tasks, 100));
    const auto answer = peer.receive();
    REQUIRE(answer);
    REQUIRE_NOTHROW(decode<refusal>(answer->second.data(), answer->second.size()));
    const auto r = decode<refusal>(answer->second.data(), answer->second.size());
    CHECK(says(r.what, "before it is welcomed"));
    CHECK(r.code == static_cast<std::uint8_t>(ec::refused));
  }

  TEST_CASE("strangers that say nothing are closed after a while") {
    transport::endpoint_options how;
    how.limits.handshake = 300ms;
    network net{how};
    auto& seen = net.controller().seen;
    const auto mute = net.plain();
    const auto half = net.plain();
    send_text(half, std::string_view{"\x16\x03\x01\x02\x00", 5}); // the head of a TLS record
    const auto polite = net.dial(role::node);                     // a handshake, and no hello
    CHECK_MESSAGE(seen.wait_refused("no TLS handshake within 300 ms", 2), seen.reasons());
    CHECK_MESSAGE(seen.wait_refused("no hello within 300 ms"), seen.reasons());
    char byte = 0;
    CHECK(::recv(mute.get(), &byte, 1, 0) <= 0);
  }

  TEST_CASE("too many strangers: the oldest makes room, members stay") {
    transport::endpoint_options how;
    how.max_strangers = 3;
    network net{how};
    auto& seen = net.controller().seen;
    party client{net.system, role::client, net.credentials};
    const auto member = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    std::vector<process::unique_fd> strangers;
    for (int i = 0; i < 5; ++i) strangers.push_back(net.plain());
    CHECK_MESSAGE(seen.wait_refused("too many connections", 2), seen.reasons());
    party::ask(member, "still in");
    CHECK(client.seen.wait_frames(frame_kind::answer));
    strangers.clear(); // their places are free again
    CHECK(seen.wait_refused("", 5));
    party next{net.system, role::client, net.credentials};
    next.join(net.port);
    CHECK(next.seen.wait_frames(frame_kind::welcome));
  }

  TEST_CASE("a good connection is not disturbed by 200 bad ones") {
    network net;
    auto& seen = net.controller().seen;
    party client{net.system, role::client, net.credentials};
    const auto good = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    const auto other = other_cluster();
    party stranger{net.system, role::client, net.credentials.ca, other.client};
    std::vector<process::unique_fd> lingering;
    for (std::size_t i = 0; i < 200; ++i) {
      switch (i % 5) {
      case 0: { // gone at once
        const auto fd = net.plain();
        break;
      }
      case 1: { // garbage, and stays
        lingering.push_back(net.plain());
        send_text(lingering.back(), "GET / HTTP/1.0\r\n\r\n");
        break;
      }
      case 2: { // reset in the middle of a handshake
        const auto fd = net.plain();
        send_text(fd, std::string_view{"\x16\x03\x01\x02\x00\x01", 6});
        const linger now{1, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        break;
      }
      case 3:
        CHECK(says(net.refusal_of(stranger), "was refused"));
        break;
      default:
        CHECK_FALSE(refusal_without_certificate(net.port).empty());
        break;
      }
      party::ask(good, std::to_string(i));
      REQUIRE(client.seen.wait_frames(frame_kind::answer, i + 1));
    }
    CHECK_MESSAGE(seen.wait_refused("", 200), seen.reasons());
    CHECK(seen.refusals() == 200);
    const auto answers = client.seen.frames(frame_kind::answer);
    for (std::size_t i = 0; i < answers.size(); ++i) REQUIRE(answers[i] == std::to_string(i));
    CHECK(client.seen.closings() == 0);
    CHECK(client.seen.refusals() == 0);
  }

  TEST_CASE("an admitted peer that turns bad costs only itself") {
    network net;
    auto& seen = net.controller().seen;
    party client{net.system, role::client, net.credentials};
    const auto good = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    for (int i = 0; i < 3; ++i) {
      auto bad = net.dial(role::node);
      bad.send(header(frame_kind::hello));
      CHECK(bad.receive());
      if (i == 0) bad.send(header(static_cast<frame_kind>(7'777), 5), "hello");
      if (i == 1) send_text(bad.fd, std::string(1'000, 'x')); // beneath TLS
      if (i == 2) bad.send(header(frame_kind::outcomes, 1'000), "half of it");
    }
    CHECK_MESSAGE(seen.wait_closed("", 3), seen.reasons());
    party::ask(good, "undisturbed");
    CHECK(client.seen.wait_frames(frame_kind::answer));
    CHECK(client.seen.closings() == 0);
  }
}
