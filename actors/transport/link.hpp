#pragma once
// The actors' view of a connection: something that takes frames. Tests put a recording fake in its place.

#include "actors/transport/frame.hpp"
#include "runtime/security/role.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace pactor::transport {

/// One authenticated connection to another process. Used in the I/O thread, like every actor that holds one.
class link {
public:
  link() = default;
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  virtual ~link() = default;

  /// Queues one frame; the body is sent from where it lies, without a copy besides encryption.
  virtual void send(frame_header header, detail::slice body) = 0;
  /// Sends what is queued, then closes. `reason` is reported on this side.
  virtual void close(const std::string& reason) = 0;
  /// Bytes queued and not yet taken by the kernel.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  /// The role in the peer's certificate.
  [[nodiscard]] virtual security::role peer_role() const = 0;
  /// `127.0.0.1:51234`
  [[nodiscard]] virtual const std::string& peer_address() const = 0;
  /// Call once the peer's hello was accepted: from then on its frames may have full size, and silence is measured.
  virtual void welcome_peer() = 0;
  /// A sign of life at least so often, from both sides; a peer is given up after five times that.
  virtual void set_heartbeat(std::chrono::milliseconds) {}
  /// It ended because nothing was heard of the peer, not because the peer closed it.
  [[nodiscard]] virtual bool fell_silent() const { return false; }

  // The members that other threads may call.
  /// How long nothing was heard of the peer, to a heartbeat.
  [[nodiscard]] virtual std::chrono::milliseconds silence() const { return {}; }
  /// Runs `f` in the I/O thread.
  virtual void in_loop(std::function<void(link&)> f) = 0;
  /// Sends one frame from this thread if the socket takes it at once, else leaves it to the I/O thread: saves waking
  /// that thread for a single frame.
  virtual void send_now(frame_header header, detail::slice body) = 0;

  void send(frame_kind kind, detail::slice body = {}, std::uint64_t tag = 0, std::uint16_t flags = 0,
            std::uint64_t aux = 0) {
    const frame_header header{static_cast<std::uint32_t>(body.size), static_cast<std::uint16_t>(kind), flags, tag, aux};
    send(header, std::move(body));
  }
};

using link_ptr = std::shared_ptr<link>;

/// Receives what happens on connections, in the I/O thread.
class link_events {
public:
  virtual ~link_events() = default;
  virtual void frame(const link_ptr& from, const frame_header& header, detail::bytes body) = 0;
  /// The connection ended, for the reason given in words. Called once for each link, also after link::close().
  virtual void closed(const link_ptr& which, const std::string& reason) = 0;
  /// All frames that could be read now were: time to send what they led to.
  virtual void turn_ended() {}
  /// Where the body of this frame is to be received: size() must be header.size.
  virtual detail::bytes buffer(const link&, const frame_header& header) { return detail::bytes::allocate(header.size); }
};

} // namespace pactor::transport
