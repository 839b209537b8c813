#pragma once
// The credentials of one start of a cluster: its own certificate authority and one certificate for each role.

#include "runtime/security/role.hpp"

#include <chrono>
#include <openssl/types.h>
#include <optional>
#include <string>
#include <string_view>

namespace pactor::security {

using time_point = std::chrono::system_clock::time_point;

/// From when until when a certificate holds.
struct validity {
  time_point not_before, not_after;

  /// From five minutes before `now`, because clocks of hosts differ, for `length` after it.
  static validity from(time_point now, std::chrono::hours length = std::chrono::hours{24 * 365});
};

/// A certificate and its private key, PEM.
struct identity {
  std::string certificate, key;
};

/// Everything that a cluster's connection files hold. The authority's key is not kept: nobody can add members.
struct cluster_credentials {
  std::string ca; ///< certificate of the authority, PEM
  identity controller, node, client;
  std::string nonce; ///< 128 random bits, 32 hex digits

  [[nodiscard]] const identity& of(role r) const;
};

/// P-256, SHA-256. Takes about a millisecond. @throws error{system} if OpenSSL fails
[[nodiscard]] cluster_credentials make_credentials(std::string_view cluster_id, const validity& valid);

/// The role in a certificate; nothing if it has none, or more than one.
[[nodiscard]] std::optional<role> role_of(const X509* certificate);

/// What is wrong with a certificate at `now`, in words: "" if nothing is.
/// For what it can't tell, a wrong authority for example, see tls_context.
[[nodiscard]] std::string explain_certificate(std::string_view pem, time_point now);

} // namespace pactor::security
