#pragma once
// Both ends of real connections over loopback, in one process.

#include "actors/system.hpp"
#include "actors/transport/dial.hpp"
#include "actors/transport/endpoint.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/security/credentials.hpp"
#include "runtime/security/tls_context.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

using transport::frame_kind;

/// Every wait of these tests ends here at the latest.
inline std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{30};
}

/// Remembers what happens on connections. It welcomes who says hello, and answers queries with their own body.
class recorder final : public transport::link_events {
public:
  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override;
  void closed(const transport::link_ptr& which, const std::string& reason) override;
  /// As endpoint_options::on_refused.
  void refused(const std::string& address, const std::string& reason);

  /// Waits until the number of frames of a kind is at least `count`. @return false if it takes too long
  bool wait_frames(frame_kind kind, std::size_t count = 1);
  /// Waits for `count` refusals whose reason contains `words`. @return false if there are none in time
  bool wait_refused(const std::string& words, std::size_t count = 1);
  bool wait_closed(const std::string& words, std::size_t count = 1);
  std::vector<std::string> frames(frame_kind kind);
  std::size_t refusals();
  std::size_t closings();
  /// All reasons so far, for messages.
  std::string reasons();
  /// The first peer that said hello.
  transport::link_ptr first_peer();
  /// Forgets everything, connections too.
  void clear();

  /// Called in the I/O thread before a frame is remembered; true: it is not.
  std::function<bool(const transport::link_ptr&, const transport::frame_header&, const detail::bytes&)> on_frame;

private:
  template <class Enough>
  bool wait(Enough enough) {
    std::unique_lock lock{mutex_};
    return changed_.wait_until(lock, soon(), enough);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<frame_kind, std::string>> frames_;
  std::vector<std::string> refusals_, closings_;
  std::vector<transport::link_ptr> peers_;
};

/// A process's side: its credentials, its endpoint and what happened there.
struct party {
  party(caf::actor_system& system, security::role role, const security::cluster_credentials& of,
        transport::endpoint_options how = {});
  /// With credentials that need not belong together.
  party(caf::actor_system& system, security::role role, const std::string& ca, const security::identity& own,
        transport::endpoint_options how = {});

  /// Connects and says hello. @throws what connect() throws
  transport::link_ptr join(std::uint16_t port);
  /// Sends a query. Any thread.
  static void ask(const transport::link_ptr& link, const std::string& text);

  security::tls_context tls;
  recorder seen;
  transport::endpoint endpoint;
};

/// A cluster's controller that listens, and what tests need to reach it.
struct network {
  explicit network(transport::endpoint_options how = {});

  [[nodiscard]] party& controller() { return *controller_; }
  /// What a peer of this role that wants to connect gets told; "" if it was let in.
  std::string refusal_of(party& peer);
  /// A plain connection.
  [[nodiscard]] process::unique_fd plain() const;
  /// A connection with this cluster's credentials, past the TLS handshake, under the test's control.
  struct raw {
    process::unique_fd fd;
    std::unique_ptr<transport::channel> tls;
    void send(transport::frame_header header, const std::string& body = {});
    /// The next frame that is no ping. @return nothing if the connection ended
    std::optional<std::pair<transport::frame_header, std::string>> receive();
  };
  raw dial(security::role role);

  system_config config;
  caf::actor_system system{config};
  security::cluster_credentials credentials =
      security::make_credentials("c1", security::validity::from(std::chrono::system_clock::now()));
  std::unique_ptr<party> controller_;
  std::uint16_t port = 0;

private:
  std::vector<std::unique_ptr<security::tls_context>> contexts_;
};

} // namespace pactor::test
