#include "runtime/security/session_key.hpp"

#include "runtime/core/hex.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <span>

namespace pactor::security {

namespace {

/// 64 hex digits that nobody can make without the secret.
std::string keyed(std::string_view secret, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return core::hex(std::span{digest}.first(size));
}

} // namespace

std::string session_key(std::string_view secret, std::uint32_t number) {
  return keyed(secret, "pactor client " + std::to_string(number));
}

std::string engine_key(std::string_view secret, int engine) {
  return keyed(secret, "pactor engine " + std::to_string(engine));
}

std::string door_word(std::string_view nonce) { return keyed(nonce, "pactor door").substr(0, 32); }

} // namespace pactor::security
