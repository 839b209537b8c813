#pragma once
// The credentials that a cluster starts with: its own certificate authority and one certificate for each role.

#include "runtime/security/authority.hpp"

#include <string>
#include <string_view>

namespace pactor::security {

/// Everything that a cluster's files hold.
struct cluster_credentials {
  authority issuer;
  std::string ca; ///< certificate of the authority, PEM
  identity controller, node, client;
  std::string nonce;  ///< 128 random bits, 32 hex digits; every member knows it
  std::string secret; ///< as long; only the controller knows it

  [[nodiscard]] const identity& of(role r) const;
};

/// P-256, SHA-256. Takes about a millisecond. The roles' certificates hold as `valid` says.
/// @throws error{system} if OpenSSL fails
[[nodiscard]] cluster_credentials make_credentials(std::string_view cluster_id, const validity& valid);

} // namespace pactor::security
