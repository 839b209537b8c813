// The first bytes of a connection: TLS from who is not known yet, and then frames in whatever parts.

#include "actors/transport/channel.hpp"
#include "actors/transport/frame_reader.hpp"
#include "actors/transport/porch.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/security/authority.hpp"
#include "runtime/security/tls_context.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sys/socket.h>
#include <utility>

namespace pactor::fuzz {

namespace {

using transport::channel;

security::tls_context context_of(role self) {
  const auto now = std::chrono::time_point_cast<security::time_point::duration>(std::chrono::system_clock::now());
  security::authority all{"c1", "0011aabb", now};
  const auto own = all.issue(self, std::string{to_string(self)}, security::validity::from(now), now);
  return {self, all.trusted(now), own.certificate, own.key};
}

/// A socket whose other end is ours; there is one of them, which is emptied after each use.
class socket_pair {
public:
  socket_pair() {
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0,
            "there are sockets");
    theirs_ = process::unique_fd{ends[0]};
    ours_ = process::unique_fd{ends[1]};
  }
  [[nodiscard]] int theirs() const { return theirs_.get(); }
  void say(std::string_view text) const {
    require(text.empty() || ::send(ours_.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0, "there is room");
  }
  /// @return bytes that were said to us
  std::size_t empty() const { return empty(theirs_.get()) + empty(ours_.get()); }

private:
  static std::size_t empty(int fd) {
    std::array<char, 4096> room; // NOLINT(*-member-init): nobody reads it
    std::size_t all = 0;
    for (ssize_t n = 1; n > 0; all += n > 0 ? static_cast<std::size_t>(n) : 0)
      n = ::recv(fd, room.data(), room.size(), 0);
    return all;
  }
  process::unique_fd theirs_, ours_;
};

} // namespace

/// A stranger to the controller, or one that poses as a controller.
void handshake(std::string_view bytes) {
  static const auto controller = context_of(role::controller);
  static const auto client = context_of(role::client);
  static const socket_pair sockets;
  script s{bytes};
  const bool server = (s.byte() & 1) == 0;
  {
    channel c{sockets.theirs(), server ? controller.get() : client.get(),
              server ? channel::side::server : channel::side::client};
    auto state = channel::progress::again;
    while (!s.empty() && state == channel::progress::again) {
      sockets.say(s.sized());
      c.begin_read();
      state = c.handshake();
      require(state != channel::progress::done, "nobody gets in without a certificate");
    }
    require((state == channel::progress::failed) == !c.failure().empty(), "a failure has words, and nothing else has");
  }
  require(sockets.empty() < 65'536, "a stranger is not told much");
}

inputs handshake_seeds() {
  const auto of = [](int side, std::string_view text, std::size_t part = 0xffff) {
    script_writer w;
    w.byte(side);
    for (; !text.empty(); text.remove_prefix(std::min(part, text.size()))) w.sized(text.substr(0, part));
    return w.take();
  };
  const std::string endless{"\x16\x03\x01\xff\xff\x01\x00\xff\xfb\x03\x03", 11};
  // What a client of ours begins with, but for its random numbers.
  const std::string hello = std::string{"\x16\x03\x01\x00\x70\x01\x00\x00\x6c\x03\x03", 11} + std::string(32, 'r') +
                            std::string{"\x00\x00\x02\x13\x01\x01\x00\x00\x41"
                                        "\x00\x2b\x00\x03\x02\x03\x04"
                                        "\x00\x0d\x00\x04\x00\x02\x04\x03"
                                        "\x00\x0a\x00\x04\x00\x02\x00\x1d"
                                        "\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20",
                                        42} +
                            std::string(32, 'k');
  return {of(0, hello),
          of(0, hello, 1),
          of(0, endless + std::string(100, '\0')),
          of(0, "GET / HTTP/1.1\r\n\r\n"),
          of(0, std::string{"\x15\x03\x03\x00\x02\x02\x50", 7}),
          of(1, std::string{"\x15\x03\x03\x00\x02\x02\x74", 7}),
          of(1, endless),
          of(1, std::string{"\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9})};
}

/// Visitors of a few hosts come, say something and leave before anybody has looked at them.
void porch(std::string_view bytes) {
  struct guest {
    process::unique_fd end; // none: it left
    std::string said{};
  };
  constexpr std::size_t places = 3, most_guests = 12;
  transport::porch p{places, "word"};
  std::map<std::string, guest> inside; // by address
  std::size_t came = 0;
  const auto out = [&](const transport::visitor& v) {
    const auto g = inside.extract(v.address);
    require(!g.empty(), "who comes out went in, and once");
    if (v.knows_the_word) require(g.mapped().said.find("word") != std::string::npos, "nobody knows it by chance");
    return !g.mapped().end;
  };
  for (script s{bytes}; !s.empty();) {
    const auto what = s.byte();
    const auto which = inside.empty() ? inside.end() : std::next(inside.begin(), (what >> 3) % inside.size());
    switch (what % 5) {
    case 0: {
      if (came == most_guests) break;
      std::array<int, 2> ends{};
      require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0,
              "there are sockets");
      auto address = "host " + std::to_string((what >> 3) % 3) + ":" + std::to_string(++came);
      inside[address].end = process::unique_fd{ends[1]};
      if (const auto full = p.add({process::unique_fd{ends[0]}, std::move(address)})) out(*full);
      break;
    }
    case 1:
      if (const auto text = s.text(what >> 3); which != inside.end() && which->second.end && !text.empty())
        if (::send(which->second.end.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0) // else there is no room
          which->second.said += text;
      break;
    case 2:
      if (which != inside.end()) which->second.end = {};
      break;
    case 3: {
      const auto crowded = p.size() > places; // then members make room for each other
      for (const auto& v : p.look()) require(out(v) || crowded, "nobody is sent away who did not leave");
      for (const auto& [address, g] : inside) {
        require(static_cast<bool>(g.end), "who left is seen");
        require(crowded || p.knows_next() || g.said.find("word") == std::string::npos, "who says the word is known");
      }
      break;
    }
    default:
      const auto knows = p.knows_next();
      if (const auto v = p.next()) {
        require(v->knows_the_word == knows, "members come first");
        out(*v);
      } else {
        require(inside.empty(), "nobody is forgotten");
      }
    }
    require(p.size() == inside.size() && p.size() <= 2 * places, "there are as many as went in, and not too many");
  }
}

inputs porch_seeds() {
  script_writer calm, flood;
  calm.byte(0).byte(8).byte(16).byte(1 + (4 << 3)).text("word").byte(3).byte(4).byte(2).byte(3).byte(4).byte(4);
  for (int i = 0; i < 12; ++i) flood.byte((i % 3) << 3).byte(1 + (6 << 3)).text("a word").byte(3);
  flood.byte(2).byte(10).byte(18).byte(3).byte(4).byte(4).byte(4);
  return {calm.take(), flood.take()};
}

/// Frames as they come out of the channel, in parts, from a peer whose role is known.
void stream(std::string_view bytes) {
  script s{bytes};
  const auto first = s.byte();
  const auto peer = static_cast<role>(first % 3);
  bool welcomed = (first & 0x80) != 0;
  transport::frame_reader reader;
  std::size_t taken = 0;
  const auto end_of = [&] {
    const auto body = reader.take_body();
    require(body.size() == reader.header().size, "a body is as large as was said");
    if (static_cast<frame_kind>(reader.header().kind) == frame_kind::hello) welcomed = true;
    taken += body.size();
  };
  while (!s.empty()) {
    auto part = s.text(s.byte());
    while (!part.empty()) {
      const auto room = reader.room();
      require(!room.empty(), "there is always room");
      const auto size = part.copy(room.data(), room.size());
      part.remove_prefix(size);
      const auto got = reader.came(size);
      if (got == transport::frame_reader::got::frame) end_of();
      if (got != transport::frame_reader::got::header) continue;
      if (transport::objection(reader.header(), peer, welcomed)) return;
      if (reader.header().size > 4096) return; // memory for it is taken at once; here there is little
      reader.header().size > 0 ? reader.receive(detail::bytes::allocate(reader.header().size)) : end_of();
    }
  }
  require(taken <= bytes.size(), "no body is made up");
}

inputs stream_seeds() {
  inputs all;
  for (const int peer : {0, 1, 2, 0x80, 0x81, 0x82}) {
    script_writer w;
    w.byte(peer);
    std::string text;
    for (int kind = 1; kind < 25; ++kind)
      for (const auto size : {0, 5}) {
        transport::frame_header h;
        h.size = static_cast<std::uint32_t>(size);
        h.kind = static_cast<std::uint16_t>(kind);
        if (transport::objection(h, static_cast<role>(peer & 0x7f), (peer & 0x80) != 0)) continue;
        text.append(reinterpret_cast<const char*>(&h), sizeof h).append(static_cast<std::size_t>(size), 'b');
      }
    for (std::size_t at = 0; at < text.size(); at += 19) w.byte(19).text(std::string_view{text}.substr(at, 19));
    all.push_back(w.take());
  }
  return all;
}

} // namespace pactor::fuzz
