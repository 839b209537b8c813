#pragma once
// A peer that speaks as it likes: bytes, TLS with any certificate, any frame.

#include "actors/transport/frame.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/security/credentials.hpp"
#include "runtime/security/openssl.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pactor::test {

/// A TCP connection to this host. Every call ends within 20 s.
class raw_peer {
public:
  /// @throws std::system_error
  explicit raw_peer(std::uint16_t port);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// @return false if the other side has gone
  bool write(std::string_view bytes) const;
  /// All that comes until the other side ends the connection; nothing if it does not within the limit.
  [[nodiscard]] std::optional<std::string> read_to_end() const;

private:
  process::unique_fd fd_;
};

/// What came from the other side.
struct received_frame {
  transport::frame_header header;
  std::string body;

  [[nodiscard]] bool is(transport::frame_kind kind) const { return header.kind == static_cast<std::uint16_t>(kind); }
};

/// TLS as a client, which accepts whatever certificate the server has.
class tls_peer {
public:
  /// Connects and shakes hands as far as this side can tell. Without an identity there is no client certificate.
  tls_peer(std::uint16_t port, const std::optional<security::identity>& who,
           std::optional<std::string> ciphers = std::nullopt, int highest_version = 0);

  /// "" if the handshake went well as far as this side can tell, else why not.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  bool write(std::string_view bytes);
  bool send(transport::frame_header header, std::string_view body = {});
  bool send(transport::frame_kind kind, std::string_view body = {}, std::uint16_t flags = 0);
  /// The next frame that is no ping; nothing if the connection ended, for the reason in trouble(), or 20 s passed.
  std::optional<received_frame> receive();
  /// Reads on until the connection ends. @return why: OpenSSL's word for the other side's alert, "closed"
  std::string await_end();

private:
  bool read_exactly(char* to, std::size_t size);
  int fail(int result, const char* when);

  raw_peer peer_;
  security::ssl_context_ptr context_;
  std::unique_ptr<SSL, security::freed_by<SSL_free>> tls_;
  std::string trouble_;
};

} // namespace pactor::test
