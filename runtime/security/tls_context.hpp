#pragma once
// What TLS connections between the processes of a cluster share: TLS 1.3 only, certificates on both sides, and the
// peer's role checked during the handshake.

#include "runtime/security/openssl.hpp"
#include "runtime/security/role.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pactor::security {

/// True if a process of role `self` talks to one of role `peer`: the controller to nodes and clients, they to the
/// controller, nobody else to anybody.
[[nodiscard]] constexpr bool may_talk(role self, role peer) {
  return (self == role::controller) != (peer == role::controller);
}

/// One of a process. Connections made from it are of its role: the controller's accept, the others' connect.
class tls_context {
public:
  /// PEM texts, never files.
  /// @param ca  one authority or several, each of which is trusted as long as it is valid
  /// @param revoked  serial numbers of certificates that are refused nevertheless
  /// @throws error{configuration} if they are malformed, do not belong together, or the certificate is not one for
  /// `self`
  tls_context(role self, std::string_view ca, std::string_view certificate, std::string_view key,
              const std::vector<std::string>& revoked = {});

  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }
  [[nodiscard]] role self() const noexcept { return self_; }

  /// Why the handshake of `ssl` refused the peer's certificate, in words; "" if it did not. Reads no error queue.
  [[nodiscard]] static std::string refusal(const SSL* ssl);

private:
  role self_;
  ssl_context_ptr context_;
};

} // namespace pactor::security
