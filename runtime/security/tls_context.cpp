#include "runtime/security/tls_context.hpp"

#include "pactor/error.hpp"
#include "runtime/security/certificate.hpp"

#include <openssl/pem.h>

#include <array>
#include <new>
#include <set>

namespace pactor::security {
namespace {

void free_text(void*, void* text, CRYPTO_EX_DATA*, int, long, void*) {
  const std::unique_ptr<std::string> owner{static_cast<std::string*>(text)};
}

/// Where a connection keeps the reason of a refusal.
int refusal_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_text);
  return index;
}

/// Where a context keeps its role; stored plus one, since null says that there is none.
int role_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

using serials = std::set<std::string, std::less<>>;

void free_serials(void*, void* all, CRYPTO_EX_DATA*, int, long, void*) {
  const std::unique_ptr<serials> owner{static_cast<serials*>(all)};
}

/// Where a context keeps the serial numbers of revoked certificates: connections outlive our object, not the context.
int revoked_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_serials);
  return index;
}

bool is_revoked(const SSL* ssl, const X509* certificate) {
  const auto* all = static_cast<const serials*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), revoked_index()));
  return all && !all->empty() && all->contains(info_of(certificate).serial);
}

role own_role(const SSL* ssl) {
  const auto* stored = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), role_index());
  return *static_cast<const role*>(stored);
}

constexpr std::array roles{role::controller, role::node, role::client};

const role* stable_address(role r) { return &roles[static_cast<std::size_t>(r)]; }

/// `the peer's certificate (role client)`, with the name in it if that says more.
std::string name_of_peer(const X509* certificate) {
  const auto info = info_of(certificate);
  if (!info.holder) return "the peer's certificate";
  const std::string r{to_string(*info.holder)};
  return "the peer's certificate (role " + r +
         (info.name == r ? "" : ", " + info.name + ", " + short_serial(info.serial)) + ")";
}

/// @param depth  0 is the peer's own certificate, 1 its authority's
std::string explain(int verification, int depth, const X509* certificate) {
  const auto subject = name_of_peer(certificate);
  switch (verification) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return subject + (depth > 0 ? " was replaced: its authority is trusted no longer" : " has expired");
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return subject + " is not valid yet; are the clocks of the hosts right?";
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return subject + " is not from this cluster's authority: it belongs to another cluster or to another start of it";
  case X509_V_ERR_INVALID_PURPOSE:
    return subject + " is not meant for this side of a connection";
  default:
    return subject + " was not accepted: " + X509_verify_cert_error_string(verification);
  }
}

void remember_refusal(SSL* ssl, std::string why) {
  if (SSL_get_ex_data(ssl, refusal_index())) return; // the first reason is the cause of the others
  auto text = std::make_unique<std::string>(std::move(why));
  if (SSL_set_ex_data(ssl, refusal_index(), text.get()) == 1) static_cast<void>(text.release());
}

/// OpenSSL's question after each certificate of the chain. Our own check comes with the last one, the peer's own.
int verify(int good, X509_STORE_CTX* chain) noexcept try {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* leaf = X509_STORE_CTX_get0_cert(chain);
  const auto peer = role_of(leaf);
  const auto self = own_role(ssl);
  // A wrong role first: OpenSSL would only say that the purpose is wrong.
  const bool last = X509_STORE_CTX_get_error_depth(chain) == 0;
  const int error = X509_STORE_CTX_get_error(chain);
  if (good != 1 && error != X509_V_ERR_INVALID_PURPOSE) {
    remember_refusal(ssl, explain(error, X509_STORE_CTX_get_error_depth(chain), leaf));
    return 0;
  }
  if (last && is_revoked(ssl, leaf)) {
    remember_refusal(ssl, name_of_peer(leaf) + " was revoked");
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REVOKED);
    return 0;
  }
  if (last && (!peer || !may_talk(self, *peer))) {
    const auto who = peer ? "has the role " + std::string{to_string(*peer)} : std::string{"has no role of pactor"};
    remember_refusal(ssl, "the peer's certificate " + who + ", with which a " + std::string{to_string(self)} +
                              " does not talk");
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
  if (good != 1) remember_refusal(ssl, explain(error, 0, leaf));
  return good;
} catch (...) {
  X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
  return 0;
}

[[noreturn]] void refuse(const std::string& what) {
  throw error{ec::configuration, what + "; the connection file is damaged: start the cluster again or copy it anew"};
}

/// All certificates of a text.
std::vector<certificate_ptr> parse_certificates(std::string_view pem, const char* what) {
  std::vector<certificate_ptr> all;
  const auto text = memory_bio(pem);
  while (certificate_ptr one{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)}) all.push_back(std::move(one));
  if (all.empty()) refuse(std::string{what} + " is no PEM certificate (" + take_openssl_error() + ")");
  ERR_clear_error(); // the end of the text is one
  return all;
}

certificate_ptr parse_certificate(std::string_view pem, const char* what) {
  certificate_ptr result{PEM_read_bio_X509(memory_bio(pem).get(), nullptr, nullptr, nullptr)};
  if (!result) refuse(std::string{what} + " is no PEM certificate (" + take_openssl_error() + ")");
  return result;
}

void set_policy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  // AES-128 first: a tenth faster on bulk data, and no weaker in any way that matters here.
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0); // connections live for hours, and a resumed one would skip our verification
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &verify);
  SSL_CTX_set_verify_depth(context, 1);
}

} // namespace

tls_context::tls_context(role self, std::string_view ca, std::string_view certificate, std::string_view key,
                         const std::vector<std::string>& revoked)
    : self_{self} {
  const clean_error_queue clean;
  context_.reset(SSL_CTX_new(TLS_method()));
  if (!context_) throw std::bad_alloc{};
  auto* context = context_.get();
  set_policy(context);
  SSL_CTX_set_ex_data(context, role_index(), const_cast<role*>(stable_address(self)));
  static_cast<void>(refusal_index());
  auto all_revoked = std::make_unique<serials>(revoked.begin(), revoked.end());
  if (SSL_CTX_set_ex_data(context, revoked_index(), all_revoked.get()) != 1) throw std::bad_alloc{};
  static_cast<void>(all_revoked.release());

  const auto authorities = parse_certificates(ca, "the authority's certificate");
  const auto own = parse_certificate(certificate, "the certificate");
  const key_ptr private_key{PEM_read_bio_PrivateKey(memory_bio(key).get(), nullptr, nullptr, nullptr)};
  if (!private_key) refuse("the private key is no PEM key (" + take_openssl_error() + ")");
  if (const auto found = role_of(own.get()); found != self)
    throw error{ec::configuration, "the certificate is for the role " +
                                       (found ? std::string{to_string(*found)} : std::string{"of nobody"}) +
                                       ", and this process is a " + std::string{to_string(self)}};
  if (SSL_CTX_use_certificate(context, own.get()) != 1) refuse("the certificate is unusable: " + take_openssl_error());
  if (SSL_CTX_use_PrivateKey(context, private_key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    refuse("the private key does not belong to the certificate");
  for (const auto& one : authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1)
      refuse("the authority's certificate is unusable: " + take_openssl_error());
}

std::string tls_context::refusal(const SSL* ssl) {
  const auto* text = static_cast<const std::string*>(SSL_get_ex_data(ssl, refusal_index()));
  return text ? *text : std::string{};
}

} // namespace pactor::security
