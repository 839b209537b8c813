#include "actors/transport/connection.hpp"

#include "actors/protocol.hpp"
#include "actors/transport/rules.hpp"

#include <caf/io/network/default_multiplexer.hpp>

#include <algorithm>
#include <array>
#include <sys/socket.h>

namespace pactor::transport {

using caf::io::network::operation;

namespace {

constexpr std::size_t read_budget = std::size_t{512} << 10; // a busy peer yields to the others after so many bytes
constexpr std::size_t most_unsent = std::size_t{4} << 30;   // that wait for a client
constexpr std::size_t parts_a_write = 64;

} // namespace

connection::connection(caf::io::network::default_multiplexer& multiplexer, int fd, std::unique_ptr<channel> tls,
                       std::string address, connection_events& events, steady::time_point now)
    : event_handler{multiplexer, fd}, tls_{std::move(tls)}, address_{std::move(address)}, events_{events}, since_{now},
      heard_{now}, spoke_{now}, ticked_{now} {}

void connection::start() {
  const std::lock_guard lock{mutex_};
  self_ = shared_from_this();
  activate();
  if (tls_->established()) {
    if (admit_peer()) write_queued();
    return;
  }
  shake();
}

bool connection::admit_peer() {
  auto peer = security::info_of(tls_->peer_certificate());
  if (!peer.holder) {
    end("the peer's certificate names no role");
    return false;
  }
  peer_role_ = *peer.holder;
  peer_ = std::move(peer);
  // It may have begun before the certificate was revoked.
  if (const auto why = events_.admission(address_, peer_); !why.empty()) {
    end(why);
    return false;
  }
  // A client learns only from the first byte that its certificate was accepted.
  if (peer_role_ != security::role::controller) send(frame_kind::ping);
  return true;
}

bool connection::shake() {
  if (tls_->established()) return true;
  switch (tls_->handshake()) {
  case channel::progress::failed:
    end(tls_->failure());
    return false;
  case channel::progress::done:
    disarm();
    return admit_peer();
  case channel::progress::again:
    break;
  }
  tls_->unsent() ? arm() : disarm();
  return false;
}

void connection::handle_event(operation op) {
  const std::lock_guard lock{mutex_};
  if (ended_) return;
  if (op == operation::propagate_error) return end("the connection broke");
  if (op == operation::read) {
    tls_->begin_read();
    if (!shake()) return;
    read_frames();
    events_.turn_ended();
  } else if (shake()) {
    write_queued();
  }
}

void connection::read_frames() {
  heard_something_ = true;
  auto budget = read_budget;
  while (!ended_) {
    const auto room = reader_.room();
    const auto n = tls_->read(room.data(), room.size());
    if (n == 0) return;
    if (n < 0) return end(closing_ ? close_reason_ : tls_->failure());
    const auto size = static_cast<std::size_t>(n);
    if (size >= budget) tls_->stop_fetching();
    budget -= std::min(budget, size);
    const auto got = reader_.came(size);
    if (got == frame_reader::got::part) continue;
    if (got == frame_reader::got::header) {
      if (!admit_frame()) return;
      if (reader_.header().size > 0) continue;
    }
    deliver();
  }
}

bool connection::admit_frame() {
  const auto& header = reader_.header();
  if (const auto why = objection(header, peer_role_, welcomed_)) {
    refuse(*why);
    return false;
  }
  if (header.size > 0) reader_.receive(events_.buffer(*this, header));
  return true;
}

void connection::deliver() {
  const auto header = reader_.header();
  auto body = reader_.take_body();
  if (static_cast<frame_kind>(header.kind) == frame_kind::ping || closing_) return;
  events_.frame(self_, header, std::move(body));
}

void connection::refuse(const std::string& why) {
  send(frame_kind::refused, detail::slice{encode(refusal{static_cast<std::uint8_t>(ec::refused), "it sent " + why})});
  close("it sent " + why);
}

void connection::send(frame_header header, detail::slice body) {
  const std::lock_guard lock{mutex_};
  if (ended_ || closing_) return;
  queue_.push_back({header, std::move(body)});
  queued_ += queue_.back().size();
  spoke_something_ = true;
  if (queued_ > most_unsent && peer_role_ == security::role::client)
    return end("it does not take what it is sent: " + std::to_string(queued_) + " bytes wait for it");
  if (!armed_ && queue_.size() == 1 && tls_->established()) write_queued();
}

void connection::send_now(frame_header header, detail::slice body) {
  const std::lock_guard lock{mutex_};
  if (ended_ || closing_) return;
  const bool first = queue_.empty() && !tls_->unsent() && tls_->established();
  queue_.push_back({header, std::move(body)});
  queued_ += queue_.back().size();
  spoke_something_ = true;
  // The multiplexer belongs to the I/O thread: what is left or went wrong is its business.
  if (!first || !write_some() || !queue_.empty() || tls_->unsent())
    backend().post([keep = shared_from_this()] {
      const std::lock_guard again{keep->mutex_};
      if (!keep->armed_) keep->write_queued();
    });
}

void connection::write_queued() {
  if (ended_) return;
  if (!write_some()) return end(closing_ ? close_reason_ : tls_->failure());
  if (!queue_.empty() || tls_->unsent()) return arm();
  disarm();
  if (closing_) end(close_reason_);
}

bool connection::write_some() {
  while (!queue_.empty() || tls_->unsent()) {
    std::array<iovec, parts_a_write> parts;
    std::size_t count = 0, skip = front_sent_;
    const auto put = [&](const void* data, std::size_t size) {
      const auto skipped = std::min(skip, size);
      skip -= skipped;
      if (size > skipped)
        parts[count++] = {const_cast<char*>(static_cast<const char*>(data)) + skipped, size - skipped};
    };
    for (const auto& s : queue_) {
      if (count + 2 > parts.size()) break;
      put(&s.header, sizeof s.header);
      put(s.body.data, s.body.size);
    }
    const auto n = tls_->write({parts.data(), count});
    if (n < 0) return false;
    front_sent_ += static_cast<std::size_t>(n);
    queued_ -= static_cast<std::size_t>(n);
    while (!queue_.empty() && front_sent_ >= queue_.front().size()) {
      front_sent_ -= queue_.front().size();
      queue_.pop_front();
    }
    if (tls_->unsent()) return true;
  }
  return true;
}

void connection::arm() {
  if (armed_) return;
  armed_ = true;
  backend().add(operation::write, fd(), this);
}

void connection::disarm() {
  if (!armed_) return;
  armed_ = false;
  backend().del(operation::write, fd(), this);
}

void connection::close(const std::string& reason) {
  const std::lock_guard lock{mutex_};
  if (closing_ || ended_) return;
  closing_ = true;
  close_reason_ = reason;
  closing_since_ = steady::time_point{}; // the next tick sets it
  if (!tls_->established() || (queue_.empty() && !tls_->unsent())) end(reason);
}

void connection::end(const std::string& reason) {
  const std::lock_guard lock{mutex_};
  if (ended_) return;
  ended_ = true;
  queue_.clear();
  queued_ = 0;
  disarm();
  passivate();
  ::shutdown(fd(), SHUT_RDWR);
  if (!self_) return;
  // One that ends in the turn in which it came was never in the loop, which then does not tell of its removal.
  backend().post([keep = shared_from_this()] { keep->let_go(); });
  events_.closed(self_, reason);
}

void connection::let_go() {
  if (self_) backend().post([keep = std::move(self_)] {});
}

void connection::in_loop(std::function<void(link&)> f) {
  backend().dispatch([keep = shared_from_this(), f = std::move(f)] { f(*keep); });
}

void connection::removed_from_loop(operation op) {
  if (op == operation::read) let_go(); // in the next turn: the multiplexer still touches this object after this call
}

std::chrono::milliseconds connection::silence() const {
  const std::lock_guard lock{mutex_};
  if (heard_something_) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - heard_);
}

void connection::tick(steady::time_point now, timing limits) {
  const std::lock_guard lock{mutex_};
  if (heartbeat_.count() > 0) {
    limits.heartbeat = heartbeat_;
    limits.silence = heartbeat_ * 5;
  }
  if (ended_) return;
  // After a pause of this process (a suspended machine, a debugger) nobody else is to blame for the silence.
  if (std::exchange(heard_something_, false) || now - std::exchange(ticked_, now) > limits.silence / 2) heard_ = now;
  if (std::exchange(spoke_something_, false)) spoke_ = now;
  if (closing_) {
    if (closing_since_ == steady::time_point{}) closing_since_ = now;
    if (now - closing_since_ > limits.handshake) end(close_reason_);
    return;
  }
  const auto seconds = [](std::chrono::milliseconds d) { return std::to_string(d.count()) + " ms"; };
  if (!welcomed_) {
    if (now - since_ > limits.handshake)
      end((established() ? "no hello within " : "no TLS handshake within ") + seconds(limits.handshake));
    return;
  }
  if (now - heard_ > limits.silence) {
    fell_silent_ = true;
    return end("nothing heard for " + seconds(limits.silence));
  }
  if (now - spoke_ >= limits.heartbeat) send(frame_kind::ping);
}

} // namespace pactor::transport
