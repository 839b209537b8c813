#pragma once
// What a controller gives a client with its number, so that another life of the controller knows whose it is.

#include <cstdint>
#include <string>
#include <string_view>

namespace pactor::security {

/// The same for the same secret and number; nobody can make it without the secret. 64 hex digits.
[[nodiscard]] std::string session_key(std::string_view secret, std::uint32_t number);

} // namespace pactor::security
