#pragma once
// What a certificate says, for decisions and for people.

#include "runtime/security/role.hpp"

#include <chrono>
#include <openssl/types.h>
#include <optional>
#include <string>
#include <string_view>

namespace pactor::security {

using time_point = std::chrono::system_clock::time_point;

/// A certificate and its private key, PEM.
struct identity {
  std::string certificate, key;
};

/// What a certificate says of its holder.
struct certificate_info {
  std::optional<role> holder;       ///< nothing if it names no role, or more than one
  std::string name;                 ///< the role's, or what its maker called it
  std::string serial;               ///< lower case hex digits; "" for no certificate
  time_point not_before, not_after; ///< full seconds
};

[[nodiscard]] certificate_info info_of(const X509* certificate);
/// @throws error{configuration} for text that is no PEM certificate
[[nodiscard]] certificate_info info_of(std::string_view pem);

/// The role in a certificate; nothing if it has none, or more than one.
[[nodiscard]] std::optional<role> role_of(const X509* certificate);

/// The start of a serial number that people read and type.
[[nodiscard]] inline std::string short_serial(std::string_view serial) { return std::string{serial.substr(0, 12)}; }

/// `anna (client, 3f2a51c09b77)`
[[nodiscard]] std::string describe(const certificate_info& info);

/// `2027-01-15T09:00:00Z`
[[nodiscard]] std::string utc(time_point when);

/// What is wrong with a certificate at `now`, in words: "" if nothing is.
/// For what it can't tell, a wrong authority for example, see tls_context.
[[nodiscard]] std::string explain_certificate(std::string_view pem, time_point now);

/// `ends in 9 days, at 2027-01-15T09:00:00Z`, if that is soon: within 14 days, and in the last quarter of its life. ""
/// if it is not.
[[nodiscard]] std::string expiry_warning(const certificate_info& info, time_point now);

} // namespace pactor::security
