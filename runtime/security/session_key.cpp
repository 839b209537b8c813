#include "runtime/security/session_key.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pactor::security {

std::string session_key(std::string_view secret, std::uint32_t number) {
  const auto text = "pactor client " + std::to_string(number);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (unsigned i = 0; i < size; ++i) {
    result += digits[digest[i] >> 4];
    result += digits[digest[i] & 15];
  }
  return result;
}

} // namespace pactor::security
