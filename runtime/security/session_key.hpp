#pragma once
// What is made of secrets, and shown in their place.

#include <cstdint>
#include <string>
#include <string_view>

namespace pactor::security {

/// Given to a client with its number, so that another life of the controller knows whose it is.
/// The same for the same secret and number; nobody can make it without the secret. 64 hex digits.
[[nodiscard]] std::string session_key(std::string_view secret, std::uint32_t number);

/// Given to a node with the number of an engine: who has it may ask for that number again. As session_key() otherwise.
[[nodiscard]] std::string engine_key(std::string_view secret, int engine);

/// What who has this start's connection file says in the clear before the TLS handshake: it says nothing about the
/// nonce, and nobody gets in by it; but who can't make it waits when many want to come in. 32 hex digits.
[[nodiscard]] std::string door_word(std::string_view nonce);

} // namespace pactor::security
