#pragma once
// Connecting with a time limit and a reason in words; blocking, for the thread that asked.

#include "actors/transport/channel.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace pactor::transport {

/// A connected, established channel and its socket, which the caller owns.
struct dialed {
  int fd = -1;
  std::unique_ptr<channel> tls;
};

/// @throws not_connected (name, refused, unreachable), timeout_error, error{refused} if the TLS handshake was refused
/// @param word endpoint_options::word
dialed dial(const std::string& host, std::uint16_t port, SSL_CTX* tls, std::chrono::steady_clock::time_point deadline,
            const std::string& word = {});

} // namespace pactor::transport
