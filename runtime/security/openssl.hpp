#pragma once
// OpenSSL's objects with owners, and its error queue in words.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace pactor::security {

/// Deletes with one of OpenSSL's free functions.
template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};

using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using ssl_context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

/// Leaves OpenSSL's error queue empty, whatever happens: OpenSSL takes an old error for one of the next call.
class clean_error_queue {
public:
  clean_error_queue() noexcept { ERR_clear_error(); }
  clean_error_queue(const clean_error_queue&) = delete;
  clean_error_queue& operator=(const clean_error_queue&) = delete;
  ~clean_error_queue() { ERR_clear_error(); }
};

/// The last error of the queue, which is emptied; "unknown error" if there is none.
inline std::string take_openssl_error() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

/// Reads from memory. @pre `text` outlives the result
inline bio_ptr memory_bio(std::string_view text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

} // namespace pactor::security
