#pragma once
// One connection in the I/O thread: frames in and out of a TLS channel, watched by CAF's multiplexer.

#include "actors/transport/channel.hpp"
#include "actors/transport/frame_reader.hpp"
#include "actors/transport/link.hpp"
#include "runtime/security/certificate.hpp"

#include <caf/io/network/event_handler.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace pactor::transport {

/// Time limits of a connection.
struct timing {
  std::chrono::milliseconds heartbeat{1'000}; ///< a ping goes out after so long without another frame
  std::chrono::milliseconds silence{5'000};   ///< a peer that says nothing for so long is given up
  std::chrono::milliseconds handshake{5'000}; ///< from accept to welcome
};

/// What a connection asks its keeper, beside what it tells everybody.
class connection_events : public link_events {
public:
  /// The handshake is over and accepted the peer's certificate. @return what speaks against it nevertheless, in words;
  /// "" if nothing does
  virtual std::string admission(const std::string& address, const security::certificate_info& peer) = 0;
};

/// Lives as long as the multiplexer knows it: it holds a reference to itself until it left the loop.
class connection final : public link,
                         public caf::io::network::event_handler,
                         public std::enable_shared_from_this<connection> {
public:
  using steady = std::chrono::steady_clock;

  /// @param tls the channel; a client's is established already
  connection(caf::io::network::default_multiplexer& multiplexer, int fd, std::unique_ptr<channel> tls,
             std::string address, connection_events& events, steady::time_point now);

  void start();

  void send(frame_header header, detail::slice body) override;
  using link::send;
  void close(const std::string& reason) override;
  [[nodiscard]] std::size_t unsent() const override { return queued_; } // I/O thread
  [[nodiscard]] security::role peer_role() const override { return peer_role_; }
  /// What the peer's certificate says, from its admission on.
  [[nodiscard]] const security::certificate_info& peer_certificate() const { return peer_; }
  [[nodiscard]] const std::string& peer_address() const override { return address_; }
  void welcome_peer() override { welcomed_ = true; }
  void set_heartbeat(std::chrono::milliseconds interval) override { heartbeat_ = interval; }
  [[nodiscard]] bool fell_silent() const override { return fell_silent_; }
  [[nodiscard]] std::chrono::milliseconds silence() const override;
  void in_loop(std::function<void(link&)> f) override;
  void send_now(frame_header header, detail::slice body) override;

  /// Closes what is overdue and sends a heartbeat where one is due.
  void tick(steady::time_point now, timing limits);
  [[nodiscard]] bool established() const { return tls_->established(); }
  /// Whether it is known who the peer is.
  [[nodiscard]] bool admitted() const { return peer_.holder.has_value(); }
  [[nodiscard]] bool welcomed() const { return welcomed_; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// Ends at once; closed() is reported once.
  void end(const std::string& reason);

private:
  struct segment {
    frame_header header;
    detail::slice body;
    [[nodiscard]] std::size_t size() const { return sizeof header + body.size; }
  };

  void handle_event(caf::io::network::operation op) override;
  void removed_from_loop(caf::io::network::operation op) override;
  void graceful_shutdown() override { end("this process is shutting down"); }

  void let_go();
  bool shake(); // true once the handshake is over
  bool admit_peer();
  void read_frames();
  bool admit_frame(); // false: the peer may not send this
  void deliver();
  void write_queued();
  bool write_some(); // false: the connection failed
  void arm();
  void disarm();
  void refuse(const std::string& why);

  // Channel and queue. Recursive, since what handles a frame may answer it on the same connection.
  mutable std::recursive_mutex mutex_;
  std::unique_ptr<channel> tls_;
  std::string address_;
  connection_events& events_;
  security::role peer_role_ = security::role::controller;
  security::certificate_info peer_;
  std::shared_ptr<connection> self_; // while in the loop
  std::deque<segment> queue_;
  std::size_t front_sent_ = 0, queued_ = 0;
  frame_reader reader_;
  bool armed_ = false, welcomed_ = false, closing_ = false, ended_ = false, fell_silent_ = false;
  std::chrono::milliseconds heartbeat_{0}; // 0: as the endpoint says
  std::string close_reason_;
  steady::time_point since_, heard_, spoke_, ticked_, closing_since_{};
  bool heard_something_ = false, spoke_something_ = false;
};

} // namespace pactor::transport
