// What connections are for: good peers meet, frames arrive in order, payloads whole, and the end is told.

#include "actors/transfers.hpp"
#include "pactor/error.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/transport_fixture.hpp"
#include "tests/support/eventually.hpp"

#include <doctest/doctest.h>

#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <filesystem>
#include <future>
#include <sys/socket.h>
#include <thread>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;

namespace {

std::size_t open_descriptors() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) ++n;
  return n;
}

} // namespace

TEST_SUITE("transport") {
  TEST_CASE("a client and a node meet their controller, and each knows the other's role") {
    network net;
    for (const auto who : {role::client, role::node}) {
      party peer{net.system, who, net.credentials};
      const auto link = peer.join(net.port);
      CHECK(link->peer_role() == role::controller);
      CHECK(link->peer_address() == "127.0.0.1:" + std::to_string(net.port));
      REQUIRE(peer.seen.wait_frames(frame_kind::welcome));
      CHECK(net.controller().seen.first_peer()->peer_role() == who);
      net.controller().seen.clear();
    }
  }

  TEST_CASE("frames of every size arrive whole and in order") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto link = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    std::vector<std::string> texts;
    for (const std::size_t size :
         {0UL, 1UL, 23UL, 24UL, 25UL, 16'383UL, 16'384UL, 16'385UL, 65'536UL, 262'144UL, 1'000'003UL, 16UL << 20, 5UL})
      texts.push_back([&] {
        const auto p = pattern(size, static_cast<std::uint32_t>(size));
        return std::string(p.data(), p.size());
      }());
    for (const auto& t : texts) party::ask(link, t);
    REQUIRE(client.seen.wait_frames(frame_kind::answer, texts.size()));
    CHECK(client.seen.frames(frame_kind::answer) == texts);
  }

  TEST_CASE("frames that several threads send arrive once, and in the order of each thread") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto link = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    constexpr std::size_t each = 2'000;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 3; ++t)
        threads.emplace_back([&link, t] {
          for (std::size_t i = 0; i < each; ++i) {
            const auto text = std::to_string(t) + " " + std::to_string(i) + std::string(i % 50 == 0 ? 100'000 : 0, ' ');
            transport::frame_header h;
            h.size = static_cast<std::uint32_t>(text.size());
            h.kind = static_cast<std::uint16_t>(frame_kind::query);
            // From here, or by way of the I/O thread.
            if (t < 2)
              link->send_now(h, detail::slice{bytes_of(text)});
            else
              party::ask(link, text);
          }
        });
    }
    REQUIRE(client.seen.wait_frames(frame_kind::answer, 3 * each));
    std::vector<std::size_t> next(3);
    for (const auto& a : client.seen.frames(frame_kind::answer)) {
      const auto thread = static_cast<std::size_t>(a.at(0) - '0');
      REQUIRE(std::stoul(a.substr(2)) == next.at(thread));
      ++next[thread];
    }
    CHECK(next == std::vector<std::size_t>(3, each));
  }

  TEST_CASE("64 MB in pieces arrive intact, with never more than a window in the sender's queue") {
    const auto payload = pattern((std::size_t{64} << 20) + 7);
    // Outlive both sides, whose threads use them until the end.
    piece_assemblies assemblies;
    piece_senders senders;
    std::promise<detail::bytes> arrived;
    std::size_t most = 0;
    network net;
    net.controller().seen.on_frame = [&](const transport::link_ptr& from, const transport::frame_header& h,
                                         const detail::bytes& body) {
      if (static_cast<frame_kind>(h.kind) == frame_kind::hello) assemblies.expect(from, 1, payload.size());
      if (static_cast<frame_kind>(h.kind) != frame_kind::piece) return false;
      if (auto whole = assemblies.piece(from, h, body)) arrived.set_value(std::move(*whole));
      return true;
    };
    party client{net.system, role::client, net.credentials};
    client.seen.on_frame = [&](const transport::link_ptr& from, const transport::frame_header& h,
                               const detail::bytes&) {
      if (static_cast<frame_kind>(h.kind) != frame_kind::credit) return false;
      senders.credit(from, h);
      most = std::max(most, from->unsent());
      return true;
    };
    const auto link = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    client.endpoint.run([&] { senders.start(link, 1, 0, detail::slice{payload}); });
    auto whole = arrived.get_future();
    REQUIRE(whole.wait_until(soon()) == std::future_status::ready);
    const auto got = whole.get();
    REQUIRE(got.size() == payload.size());
    CHECK(std::memcmp(got.data(), payload.data(), got.size()) == 0);
    CHECK(most <= transport::piece_window * (transport::piece_size + sizeof(transport::frame_header)));
  }

  TEST_CASE("what was sent before a close arrives, and both sides are told of the end") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto link = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    const std::string last(5'000'000, 'x');
    link->in_loop([&](transport::link& l) {
      l.send(frame_kind::query, detail::slice{bytes_of(last)});
      l.close("enough");
      l.send(frame_kind::query, detail::slice{bytes_of("too late")});
    });
    CHECK(client.seen.wait_closed("enough"));
    CHECK(net.controller().seen.wait_closed(""));
    CHECK(net.controller().seen.frames(frame_kind::query) == std::vector{last});
    CHECK(client.seen.closings() == 1);
    CHECK(net.controller().seen.refusals() == 0);
  }

  TEST_CASE("a controller that ends is noticed at once") {
    network net;
    party client{net.system, role::client, net.credentials};
    const auto link = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    net.controller().seen.clear();
    net.controller_.reset();
    CHECK(client.seen.wait_closed(""));
    transport::frame_header h;
    h.kind = static_cast<std::uint16_t>(frame_kind::query);
    link->send_now(h, {}); // nothing, and no harm
    party::ask(link, "nothing either");
  }

  TEST_CASE("heartbeats keep an idle connection; a peer that falls silent is given up") {
    transport::endpoint_options how;
    how.limits.heartbeat = 250ms;
    how.limits.silence = 3s;
    network net{how};
    party client{net.system, role::client, net.credentials, how};
    const auto idle = client.join(net.port);
    REQUIRE(client.seen.wait_frames(frame_kind::welcome));
    auto silent = net.dial(role::client);
    transport::frame_header hello;
    hello.kind = static_cast<std::uint16_t>(frame_kind::hello);
    silent.send(hello);
    REQUIRE(net.controller().seen.wait_closed("nothing heard for 3000 ms"));
    CHECK(net.controller().seen.closings() == 1);
    CHECK(client.seen.closings() == 0);
    party::ask(idle, "still there");
    CHECK(client.seen.wait_frames(frame_kind::answer));
  }

  TEST_CASE("nobody there, nobody who answers, nobody who speaks TLS: said in words") {
    network net;
    party client{net.system, role::client, net.credentials};
    const process::unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    const auto port = ntohs(at.sin_port);
    const auto connect = [&](std::chrono::milliseconds limit) -> std::string {
      try {
        client.endpoint.connect("127.0.0.1", port, std::chrono::steady_clock::now() + limit);
        return "connected";
      } catch (const error& e) {
        return e.what();
      }
    };
    const auto says = [](const std::string& text, const char* words) { return text.find(words) != std::string::npos; };
    auto text = connect(10s);
    CHECK_MESSAGE(says(text, "Connection refused"), text);
    CHECK_MESSAGE(says(text, std::to_string(port).c_str()), text);

    REQUIRE(::listen(socket.get(), 5) == 0);
    text = connect(100ms); // the kernel accepts, nobody answers
    CHECK_MESSAGE(says(text, "in time"), text);

    std::jthread server{[&] {
      for (int i = 0; i < 2; ++i) { // the first is the one that gave up above
        const process::unique_fd fd{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        const std::string banner = "220 mail.example.org ESMTP\r\n";
        [[maybe_unused]] const auto n = ::send(fd.get(), banner.data(), banner.size(), MSG_NOSIGNAL);
        char sink[4096];
        while (::recv(fd.get(), sink, sizeof sink, 0) > 0) {
        }
      }
    }};
    text = connect(20s);
    CHECK_MESSAGE(says(text, "does not speak TLS"), text);

    CHECK_THROWS_AS(client.endpoint.connect("no.such.host.invalid", 1, soon()), not_connected);
  }

  TEST_CASE("an address that is taken is named") {
    network net;
    party other{net.system, role::controller, net.credentials};
    try {
      other.endpoint.listen("127.0.0.1", net.port);
      FAIL("it listens");
    } catch (const error& e) {
      CHECK(e.code() == ec::system);
      CHECK(std::string{e.what()}.find("127.0.0.1:" + std::to_string(net.port)) != std::string::npos);
    }
  }

  TEST_CASE("endpoints leave no descriptor behind") {
    network net;
    const auto round = [&] {
      party controller{net.system, role::controller, net.credentials};
      const auto port = controller.endpoint.listen("127.0.0.1", 0);
      party a{net.system, role::client, net.credentials}, b{net.system, role::node, net.credentials};
      const auto la = a.join(port), lb = b.join(port);
      CHECK(a.seen.wait_frames(frame_kind::welcome));
      CHECK(b.seen.wait_frames(frame_kind::welcome));
      la->in_loop([](transport::link& l) { l.close("done"); });
      CHECK(controller.seen.wait_closed(""));
    };
    round(); // what is opened once and for all
    const auto before = open_descriptors();
    for (int i = 0; i < 5; ++i) round();
    CHECK(open_descriptors() == before);
  }

  // The loop never had them, and told nobody of their removal: a stranger could use up the controller's descriptors.
  TEST_CASE("connections that end in the turn in which they came leave nothing behind") {
    network net;
    const auto before = open_descriptors();
    std::promise<void> all_came;
    auto& loop = dynamic_cast<caf::io::network::default_multiplexer&>(net.system.middleman().backend());
    loop.post([until = all_came.get_future().share()] { until.wait(); });
    std::vector<process::unique_fd> strangers;
    for (int i = 0; i < 60; ++i) {
      strangers.push_back(net.plain());
      const std::string_view text{"GET / HTTP/1.0\r\n\r\n"};
      REQUIRE(::send(strangers.back().get(), text.data(), text.size(), MSG_NOSIGNAL) > 0);
    }
    all_came.set_value();
    REQUIRE(net.controller().seen.wait_refused("", 60));
    strangers.clear();
    CHECK(eventually(10s, [&] { return open_descriptors() <= before; }));
  }
}
