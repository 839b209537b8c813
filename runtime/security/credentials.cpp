#include "runtime/security/credentials.hpp"

#include "pactor/error.hpp"
#include "runtime/security/openssl.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <ctime>
#include <span>
#include <string>

namespace pactor::security {
namespace {

constexpr std::string_view uri_prefix = "pactor:";

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

void set_validity(X509* certificate, const validity& valid) {
  const auto set = [](ASN1_TIME* field, time_point when) {
    check(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(when)) != nullptr, "a date was not accepted");
  };
  set(X509_getm_notBefore(certificate), valid.not_before);
  set(X509_getm_notAfter(certificate), valid.not_after);
}

/// What every certificate has; extensions and signature are still to come.
certificate_ptr make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, const validity& valid) {
  certificate_ptr result{X509_new()};
  check(result && X509_set_version(result.get(), X509_VERSION_3) == 1, "no certificate");
  set_serial(result.get());
  set_validity(result.get(), valid);
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

std::string make_nonce() {
  std::array<unsigned char, 16> random{};
  check(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "no random bytes");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : random) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

identity make_identity(role r, X509* ca, EVP_PKEY* ca_key, const validity& valid) {
  const auto name = std::string{uri_prefix} + std::string{to_string(r)};
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), name, ca, valid);
  auto* c = certificate.get();
  add_extension(c, ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(c, ca, NID_key_usage, "critical,digitalSignature");
  // Only the controller listens, and it connects to nobody.
  add_extension(c, ca, NID_ext_key_usage, r == role::controller ? "serverAuth" : "clientAuth");
  add_extension(c, ca, NID_subject_alt_name, "URI:" + name);
  add_extension(c, ca, NID_authority_key_identifier, "keyid");
  sign(c, ca_key);
  return {pem(c), pem(key.get())};
}

certificate_ptr read_certificate(std::string_view text) {
  return certificate_ptr{PEM_read_bio_X509(memory_bio(text).get(), nullptr, nullptr, nullptr)};
}

time_point to_time_point(const ASN1_TIME* time) {
  std::tm fields{};
  ASN1_TIME_to_tm(time, &fields);
  return std::chrono::system_clock::from_time_t(::timegm(&fields));
}

std::string utc(time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {text.data(), size};
}

} // namespace

validity validity::from(time_point now, std::chrono::hours length) {
  return {now - std::chrono::minutes{5}, now + length};
}

const identity& cluster_credentials::of(role r) const {
  switch (r) {
  case role::controller:
    return controller;
  case role::node:
    return node;
  case role::client:
    break;
  }
  return client;
}

cluster_credentials make_credentials(std::string_view cluster_id, const validity& valid) {
  const clean_error_queue clean;
  cluster_credentials result;
  result.nonce = make_nonce();
  const auto key = make_key();
  // The nonce's start makes each authority's name its own: a certificate of an earlier start of the cluster is then
  // refused as one of an unknown authority, which says more than a wrong signature.
  const auto name = "pactor " + std::string{cluster_id} + (cluster_id.empty() ? "" : " ") + result.nonce.substr(0, 8);
  const auto ca = make_certificate(key.get(), name, nullptr, valid);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  sign(ca.get(), key.get());
  result.ca = pem(ca.get());
  result.controller = make_identity(role::controller, ca.get(), key.get(), valid);
  result.node = make_identity(role::node, ca.get(), key.get(), valid);
  result.client = make_identity(role::client, ca.get(), key.get(), valid);
  return result;
}

std::optional<role> role_of(const X509* certificate) {
  if (!certificate) return std::nullopt;
  const clean_error_queue clean;
  const names_ptr names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::optional<role> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* uri = name->d.uniformResourceIdentifier;
    const std::string_view text{reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri))};
    if (!text.starts_with(uri_prefix)) continue;
    if (found) return std::nullopt;
    for (const auto one : {role::controller, role::node, role::client})
      if (text.substr(uri_prefix.size()) == to_string(one)) found = one;
    if (!found) return std::nullopt;
  }
  return found;
}

std::string explain_certificate(std::string_view pem, time_point now) {
  const clean_error_queue clean;
  const auto certificate = read_certificate(pem);
  if (!certificate) return "the text is no PEM certificate: " + take_openssl_error();
  const auto r = role_of(certificate.get());
  const auto subject = r ? "the " + std::string{to_string(*r)} + "'s certificate" : std::string{"the certificate"};
  const auto not_before = to_time_point(X509_get0_notBefore(certificate.get()));
  const auto not_after = to_time_point(X509_get0_notAfter(certificate.get()));
  if (now > not_after) return subject + " expired at " + utc(not_after) + "; start the cluster again to make new ones";
  if (now < not_before)
    return subject + " is not valid before " + utc(not_before) + ", and it is " + utc(now) +
           " here; are the clocks of the hosts right?";
  if (!r) return subject + " names no role of pactor";
  return "";
}

} // namespace pactor::security
