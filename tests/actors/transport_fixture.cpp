#include "tests/actors/transport_fixture.hpp"

#include "pactor/error.hpp"
#include "runtime/security/session_key.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace pactor::test {

using transport::frame_header;
using transport::link_ptr;

namespace {

std::size_t count_of(const std::vector<std::string>& reasons, const std::string& words) {
  return static_cast<std::size_t>(std::count_if(
      reasons.begin(), reasons.end(), [&](const std::string& r) { return r.find(words) != std::string::npos; }));
}

transport::endpoint_options options_for(transport::endpoint_options o, const security::tls_context& tls,
                                        recorder& seen) {
  o.tls = tls.get();
  o.on_refused = [&seen](const std::string& address, const std::string& reason) { seen.refused(address, reason); };
  return o;
}

transport::endpoint_options with_word(transport::endpoint_options o, const std::string& nonce) {
  o.word = security::door_word(nonce);
  return o;
}

} // namespace

void recorder::frame(const link_ptr& from, const frame_header& header, detail::bytes body) {
  if (on_frame && on_frame(from, header, body)) return;
  const auto kind = static_cast<frame_kind>(header.kind);
  {
    const std::lock_guard lock{mutex_};
    if (kind == frame_kind::hello) peers_.push_back(from);
    frames_.emplace_back(kind, std::string(body.data(), body.size()));
    changed_.notify_all();
  }
  // Afterwards, since an answer may show that the peer is gone.
  if (kind == frame_kind::hello) {
    from->welcome_peer();
    from->send(frame_kind::welcome);
  } else if (kind == frame_kind::welcome) {
    from->welcome_peer();
  } else if (kind == frame_kind::query) {
    from->send(frame_kind::answer, detail::slice{body}, header.tag);
  }
}

void recorder::closed(const link_ptr&, const std::string& reason) {
  const std::lock_guard lock{mutex_};
  closings_.push_back(reason);
  changed_.notify_all();
}

void recorder::refused(const std::string& address, const std::string& reason) {
  const std::lock_guard lock{mutex_};
  refusals_.push_back(address + " " + reason);
  changed_.notify_all();
}

bool recorder::wait_frames(frame_kind kind, std::size_t count) {
  return wait([&] {
    return static_cast<std::size_t>(
               std::count_if(frames_.begin(), frames_.end(), [&](const auto& f) { return f.first == kind; })) >= count;
  });
}

bool recorder::wait_refused(const std::string& words, std::size_t count) {
  return wait([&] { return count_of(refusals_, words) >= count; });
}

bool recorder::wait_closed(const std::string& words, std::size_t count) {
  return wait([&] { return count_of(closings_, words) >= count; });
}

std::vector<std::string> recorder::frames(frame_kind kind) {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> result;
  for (const auto& [k, body] : frames_)
    if (k == kind) result.push_back(body);
  return result;
}

std::size_t recorder::refusals() {
  const std::lock_guard lock{mutex_};
  return refusals_.size();
}

std::size_t recorder::closings() {
  const std::lock_guard lock{mutex_};
  return closings_.size();
}

std::string recorder::reasons() {
  const std::lock_guard lock{mutex_};
  std::string text = "refused:";
  for (const auto& r : refusals_) text += "\n  " + r;
  text += "\nclosed:";
  for (const auto& r : closings_) text += "\n  " + r;
  return text;
}

link_ptr recorder::first_peer() {
  const std::lock_guard lock{mutex_};
  REQUIRE_FALSE(peers_.empty());
  return peers_.front();
}

void recorder::clear() {
  const std::lock_guard lock{mutex_};
  frames_.clear();
  peers_.clear();
  refusals_.clear();
  closings_.clear();
}

party::party(caf::actor_system& system, security::role role, const security::cluster_credentials& of,
             transport::endpoint_options how)
    : party{system, role, of.ca, of.of(role), with_word(std::move(how), of.nonce)} {}

party::party(caf::actor_system& system, security::role role, const std::string& ca, const security::identity& own,
             transport::endpoint_options how)
    : tls{role, ca, own.certificate, own.key}, endpoint{system, options_for(std::move(how), tls, seen), seen} {}

link_ptr party::join(std::uint16_t port) {
  auto link = endpoint.connect("127.0.0.1", port, soon());
  link->in_loop([](transport::link& l) { l.send(frame_kind::hello); });
  return link;
}

void party::ask(const link_ptr& link, const std::string& text) {
  link->in_loop([text](transport::link& l) {
    l.send(frame_kind::query, detail::slice{detail::bytes::copy(text.data(), text.size())});
  });
}

network::network(transport::endpoint_options how)
    : controller_{std::make_unique<party>(system, security::role::controller, credentials, std::move(how))} {
  port = controller_->endpoint.listen("127.0.0.1", 0);
}

std::string network::refusal_of(party& peer) {
  try {
    peer.join(port);
    return {};
  } catch (const error& e) {
    return e.what();
  }
}

process::unique_fd network::plain() const {
  process::unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

network::raw network::dial(security::role role) {
  const auto& own = credentials.of(role);
  contexts_.push_back(std::make_unique<security::tls_context>(role, credentials.ca, own.certificate, own.key));
  auto d = transport::dial("127.0.0.1", port, contexts_.back()->get(), soon());
  return {process::unique_fd{d.fd}, std::move(d.tls)};
}

void network::raw::send(frame_header header, const std::string& body) {
  const iovec parts[]{{&header, sizeof header}, {const_cast<char*>(body.data()), body.size()}};
  CHECK(tls->write({parts, body.empty() ? 1U : 2U}) == static_cast<std::ptrdiff_t>(sizeof header + body.size()));
}

std::optional<std::pair<frame_header, std::string>> network::raw::receive() {
  const auto fill = [this](char* to, std::size_t size) {
    std::size_t have = 0;
    while (have < size) {
      tls->begin_read();
      const auto n = tls->read(to + have, size - have);
      if (n < 0) return false;
      have += static_cast<std::size_t>(n);
      pollfd p{fd.get(), POLLIN, 0};
      if (n == 0 && ::poll(&p, 1, 30'000) <= 0) return false;
    }
    return true;
  };
  for (;;) {
    frame_header h;
    if (!fill(reinterpret_cast<char*>(&h), sizeof h)) return std::nullopt;
    std::string body(h.size, '\0');
    if (!fill(body.data(), body.size())) return std::nullopt;
    if (static_cast<frame_kind>(h.kind) != frame_kind::ping) return std::pair{h, body};
  }
}

} // namespace pactor::test
