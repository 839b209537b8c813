#include "runtime/security/session_key.hpp"

#include "runtime/core/hex.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <span>

namespace pactor::security {

std::string session_key(std::string_view secret, std::uint32_t number) {
  const auto text = "pactor client " + std::to_string(number);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return core::hex(std::span{digest}.first(size));
}

} // namespace pactor::security
