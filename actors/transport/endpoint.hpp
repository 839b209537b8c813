#pragma once
// A process's way to others: listens or connects, keeps its connections, and watches over their time limits.

#include "actors/transport/connection.hpp"
#include "actors/transport/link.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pactor::transport {

struct endpoint_options {
  SSL_CTX* tls = nullptr; ///< owned by the caller, outlives the endpoint or its use()
  timing limits;
  std::size_t max_connections = 1'000; ///< in all; more are closed at once
  std::size_t max_strangers = 100;     ///< of these, not yet welcomed
  double handshakes_at_once = 256;     ///< begun: so many with who knows the word, and so many with others,
  double handshakes_a_second = 200;    ///< and then so many a second with who knows it; others wait
  double strangers_a_second = 50;      ///< with who does not know it: a handshake costs as much as 300 tasks
  std::size_t max_waiting = 2'000;     ///< of those
  /// What members show before their handshake, and come in before others: security::door_word(). "": nothing.
  std::string word = {};
  /// Told of every connection that ended before it was welcomed: address and reason. In the I/O thread.
  std::function<void(const std::string& address, const std::string& reason)> on_refused = {};
  /// Told of every peer whose certificate was accepted, before it says hello. In the I/O thread.
  std::function<void(const std::string& address, const security::certificate_info& peer)> on_admitted = {};
};

/// Create after the actor system, destroy before it: the multiplexer does not stop while connections live.
class endpoint {
public:
  /// `events` is called in the I/O thread and outlives the endpoint.
  endpoint(caf::actor_system& system, endpoint_options options, link_events& events);
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;
  ~endpoint();

  /// Listens at host:port; port 0 takes a free one. @return the port
  /// @throws error{system} if the address can't be had
  std::uint16_t listen(const std::string& host, std::uint16_t port);

  /// Connects, shakes hands, and waits until the other side accepted our certificate. The hosts are tried in order.
  /// @throws not_connected or timeout_error naming the address, error{refused} with the reason: of the last host
  link_ptr connect(const std::vector<std::string>& hosts, std::uint16_t port,
                   std::chrono::steady_clock::time_point deadline);
  link_ptr connect(const std::string& host, std::uint16_t port, std::chrono::steady_clock::time_point deadline);

  /// What new connections are made with from now on: the caller's, as the first one was. Connections that are open
  /// stay as they are. Not while another thread connects.
  void use(SSL_CTX* tls);

  /// Asked about every peer from now on, again and again: what speaks against its certificate, in words, or "". In the
  /// I/O thread.
  using objection = std::function<std::string(const security::certificate_info&)>;
  /// Sets it, and ends the open connections that it objects to. @return how many
  std::size_t guard(objection why);

  /// Runs `f` in the I/O thread and waits for it.
  void run(const std::function<void()>& f);

private:
  class keeper;
  std::unique_ptr<keeper> keeper_;
};

} // namespace pactor::transport
