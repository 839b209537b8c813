#pragma once
// Making keys and certificates: P-256, SHA-256. All throw error{system} if OpenSSL fails.

#include "runtime/security/certificate.hpp"

#include <string>
#include <string_view>

namespace pactor::security {

/// From when until when a certificate holds.
struct validity {
  time_point not_before, not_after;

  /// From five minutes before `now`, because clocks of hosts differ, for `length` after it.
  static validity from(time_point now, std::chrono::seconds length = std::chrono::hours{24 * 365});
};

/// An authority of this name, which must be unlike that of any other: a peer's certificate is then refused as one of
/// an unknown authority, which says more than a wrong signature. At most 64 characters.
[[nodiscard]] identity make_authority(const std::string& name, const validity& valid);

/// The certificate of a role, signed by an authority. About a millisecond.
/// @param name  for people, at most 64 characters
[[nodiscard]] identity make_identity(role holder, const std::string& name, const identity& authority,
                                     const validity& valid);

/// The same authority, until `end`: what it signed is trusted no longer than that by those who have this instead.
[[nodiscard]] std::string shortened(const identity& authority, time_point end);

/// Random bytes from OpenSSL, two lower case hex digits each.
[[nodiscard]] std::string random_hex(std::size_t bytes);

} // namespace pactor::security
