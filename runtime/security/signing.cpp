#include "runtime/security/signing.hpp"

#include "pactor/error.hpp"
#include "runtime/core/hex.hpp"
#include "runtime/security/openssl.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <vector>

namespace pactor::security {
namespace {

[[noreturn]] void fail(const char* what) {
  throw error{ec::system, std::string{"cannot make credentials: "} + what + ": " + take_openssl_error()};
}

void check(bool good, const char* what) {
  if (!good) fail(what);
}

key_ptr make_key() {
  key_ptr key{EVP_EC_gen("P-256")};
  check(key != nullptr, "key generation failed");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "a certificate extension was not accepted");
}

void set_serial(X509* certificate) {
  std::array<unsigned char, 16> random{};
  check(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "no random bytes");
  random[0] &= 0x7f; // serial numbers are positive
  const number_ptr number{BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr)};
  check(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)), "no serial number");
}

void set_time(ASN1_TIME* field, time_point when) {
  check(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(when)) != nullptr, "a date was not accepted");
}

/// What every certificate has; extensions and signature are still to come.
certificate_ptr make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, const validity& valid) {
  certificate_ptr result{X509_new()};
  check(result && X509_set_version(result.get(), X509_VERSION_3) == 1, "no certificate");
  set_serial(result.get());
  set_time(X509_getm_notBefore(result.get()), valid.not_before);
  set_time(X509_getm_notAfter(result.get()), valid.not_after);
  auto* subject = X509_get_subject_name(result.get());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0) == 1,
        "a name was not accepted");
  check(X509_set_issuer_name(result.get(), issuer ? X509_get_subject_name(issuer) : subject) == 1 &&
            X509_set_pubkey(result.get(), key) == 1,
        "a certificate was not accepted");
  return result;
}

void sign(X509* certificate, EVP_PKEY* key) { check(X509_sign(certificate, key, EVP_sha256()) > 0, "signing failed"); }

std::string text_of(const bio_ptr& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const bio_ptr bio{BIO_new(BIO_s_mem())};
  check(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "no PEM text");
  return text_of(bio);
}

std::string pem(EVP_PKEY* key) {
  const bio_ptr bio{BIO_new(BIO_s_secmem())};
  check(bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "no PEM text");
  return text_of(bio);
}

/// An authority, to sign with.
struct signer {
  explicit signer(const identity& authority)
      : certificate{PEM_read_bio_X509(memory_bio(authority.certificate).get(), nullptr, nullptr, nullptr)},
        key{PEM_read_bio_PrivateKey(memory_bio(authority.key).get(), nullptr, nullptr, nullptr)} {
    check(certificate && key, "the authority is unusable");
  }
  certificate_ptr certificate;
  key_ptr key;
};

} // namespace

validity validity::from(time_point now, std::chrono::seconds length) {
  return {now - std::chrono::minutes{5}, now + length};
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  check(RAND_bytes(random.data(), static_cast<int>(bytes)) == 1, "no random bytes");
  return core::hex(random);
}

identity make_authority(const std::string& name, const validity& valid) {
  const clean_error_queue clean;
  const auto key = make_key();
  const auto ca = make_certificate(key.get(), name, nullptr, valid);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  sign(ca.get(), key.get());
  return {pem(ca.get()), pem(key.get())};
}

identity make_identity(role holder, const std::string& name, const identity& authority, const validity& valid) {
  const clean_error_queue clean;
  const signer by{authority};
  auto* const ca = by.certificate.get();
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), name, ca, valid);
  auto* c = certificate.get();
  add_extension(c, ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(c, ca, NID_key_usage, "critical,digitalSignature");
  // Only the controller listens, and it connects to nobody.
  add_extension(c, ca, NID_ext_key_usage, holder == role::controller ? "serverAuth" : "clientAuth");
  add_extension(c, ca, NID_subject_alt_name, "URI:pactor:" + std::string{to_string(holder)});
  add_extension(c, ca, NID_authority_key_identifier, "keyid");
  sign(c, by.key.get());
  return {pem(c), pem(key.get())};
}

std::string shortened(const identity& authority, time_point end) {
  const clean_error_queue clean;
  const signer by{authority};
  const certificate_ptr again{X509_dup(by.certificate.get())};
  check(again != nullptr, "no certificate");
  set_serial(again.get());
  set_time(X509_getm_notAfter(again.get()), end);
  sign(again.get(), by.key.get());
  return pem(again.get());
}

} // namespace pactor::security
