#include "runtime/security/credentials.hpp"
#include "runtime/security/openssl.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include <string>

using namespace pactor;
using namespace std::chrono_literals;
using security::role;

namespace {

const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'800'000'000}}; // 2027-01-15T08:00:00Z

security::certificate_ptr parse(const std::string& pem) {
  return security::certificate_ptr{PEM_read_bio_X509(security::memory_bio(pem).get(), nullptr, nullptr, nullptr)};
}

/// A self-signed certificate with these alternative names, for example "URI:pactor:node".
security::certificate_ptr with_names(const char* names) {
  const security::key_ptr key{EVP_EC_gen("P-256")};
  security::certificate_ptr result{X509_new()};
  X509_set_pubkey(result.get(), key.get());
  const security::extension_ptr extension{X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names)};
  REQUIRE(extension != nullptr);
  X509_add_ext(result.get(), extension.get(), -1);
  return result;
}

} // namespace

TEST_CASE("each role has a certificate of the cluster's authority that says so") {
  const auto made = security::make_credentials("a", security::validity::from(now));
  const auto ca = parse(made.ca);
  REQUIRE(ca);
  CHECK(X509_check_ca(ca.get()) == 1);
  for (const auto r : {role::controller, role::node, role::client}) {
    const auto certificate = parse(made.of(r).certificate);
    REQUIRE(certificate);
    CHECK(security::role_of(certificate.get()) == r);
    CHECK(X509_verify(certificate.get(), X509_get0_pubkey(ca.get())) == 1);
    CHECK(X509_check_ca(certificate.get()) == 0);
    const bool serves = (X509_get_extended_key_usage(certificate.get()) & XKU_SSL_SERVER) != 0;
    CHECK(serves == (r == role::controller));
    const security::key_ptr key{
        PEM_read_bio_PrivateKey(security::memory_bio(made.of(r).key).get(), nullptr, nullptr, nullptr)};
    CHECK(X509_check_private_key(certificate.get(), key.get()) == 1);
  }
  CHECK_FALSE(security::role_of(ca.get()));
  CHECK_FALSE(security::role_of(nullptr));
}

TEST_CASE("no two sets of credentials share anything") {
  const auto a = security::make_credentials("", security::validity::from(now));
  const auto b = security::make_credentials("", security::validity::from(now));
  CHECK(a.nonce.size() == 32);
  CHECK(a.nonce.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(a.nonce != b.nonce);
  CHECK(a.ca != b.ca);
  CHECK(a.node.key != b.node.key);
  CHECK(a.node.key != a.client.key);
}

TEST_CASE("the longest cluster id fits into a certificate") {
  CHECK_NOTHROW(static_cast<void>(security::make_credentials(std::string(40, 'x'), security::validity::from(now))));
}

TEST_CASE("a certificate with two roles, or an unknown one, has none") {
  CHECK(security::role_of(with_names("URI:pactor:node").get()) == role::node);
  CHECK(security::role_of(with_names("DNS:example.org,URI:pactor:client,URI:http://x").get()) == role::client);
  CHECK_FALSE(security::role_of(with_names("URI:pactor:node,URI:pactor:client").get()));
  CHECK_FALSE(security::role_of(with_names("URI:pactor:node,URI:pactor:admin").get()));
  CHECK_FALSE(security::role_of(with_names("URI:pactor:").get()));
  CHECK_FALSE(security::role_of(with_names("DNS:pactor.node").get()));
}

TEST_CASE("what is wrong with a certificate is said in words") {
  const auto made = security::make_credentials("", {now - 1h, now + 1h});
  const auto& pem = made.client.certificate;
  CHECK(security::explain_certificate(pem, now).empty());
  CHECK(security::explain_certificate(pem, now + 2h).find("expired at 2027-01-15T09:00:00Z") != std::string::npos);
  CHECK(security::explain_certificate(pem, now + 2h).starts_with("the client's certificate"));
  CHECK(security::explain_certificate(pem, now - 2h).find("not valid before 2027-01-15T07:00:00Z") !=
        std::string::npos);
  CHECK(security::explain_certificate(made.ca, now) == "the certificate names no role of pactor");
  CHECK(security::explain_certificate("-----BEGIN nonsense", now).starts_with("the text is no PEM certificate"));
  CHECK(ERR_peek_error() == 0);
}
