#include "pactor/error.hpp"
#include "runtime/security/authority.hpp"
#include "runtime/security/credentials.hpp"
#include "runtime/security/tls_context.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace pactor;
using namespace std::chrono_literals;
using security::role;
using security::tls_context;

namespace {

security::cluster_credentials credentials(std::chrono::hours from = -1h, std::chrono::hours until = 24h) {
  const auto now = std::chrono::system_clock::now();
  return security::make_credentials("test", {now + from, now + until});
}

tls_context context_of(role r, const security::cluster_credentials& c) {
  return {r, c.ca, c.of(r).certificate, c.of(r).key};
}

using ssl_ptr = std::unique_ptr<SSL, security::freed_by<SSL_free>>;

struct result {
  bool accepted = false;
  std::string listener, connector; ///< why each refused the other, "" if it did not
};

/// Shakes hands through memory. With TLS 1.3 the connecting side learns of a refusal only by reading.
result shake(SSL_CTX* listening, SSL_CTX* connecting) {
  const ssl_ptr a{SSL_new(listening)};
  const ssl_ptr b{SSL_new(connecting)};
  BIO* one = nullptr;
  BIO* other = nullptr;
  REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
  SSL_set_bio(a.get(), one, one);
  SSL_set_bio(b.get(), other, other);
  SSL_set_accept_state(a.get());
  SSL_set_connect_state(b.get());
  int done_a = 0;
  int done_b = 0;
  for (int turn = 0; turn < 20 && (done_a != 1 || done_b != 1); ++turn) {
    if (done_b != 1) done_b = SSL_do_handshake(b.get());
    if (done_a != 1) done_a = SSL_do_handshake(a.get());
  }
  ERR_clear_error();
  return {done_a == 1 && done_b == 1, tls_context::refusal(a.get()), tls_context::refusal(b.get())};
}

result shake(const tls_context& a, const tls_context& b) { return shake(a.get(), b.get()); }

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("nodes and clients are accepted by their own controller, over TLS 1.3") {
  const auto c = credentials();
  for (const auto r : {role::node, role::client}) {
    const auto shaken = shake(context_of(role::controller, c), context_of(r, c));
    CHECK(shaken.accepted);
    CHECK(shaken.listener.empty());
    CHECK(shaken.connector.empty());
  }
}

TEST_CASE("one context_of serves many connections, refused ones included") {
  const auto c = credentials();
  const auto listening = context_of(role::controller, c);
  const auto good = context_of(role::node, c);
  const auto bad = context_of(role::node, credentials());
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(shake(listening, bad).accepted);
    CHECK(shake(listening, good).accepted);
  }
}

TEST_CASE("who may talk to whom") {
  CHECK(security::may_talk(role::controller, role::node));
  CHECK(security::may_talk(role::controller, role::client));
  CHECK(security::may_talk(role::node, role::controller));
  CHECK(security::may_talk(role::client, role::controller));
  CHECK_FALSE(security::may_talk(role::controller, role::controller));
  CHECK_FALSE(security::may_talk(role::node, role::client));
  CHECK_FALSE(security::may_talk(role::client, role::node));
  CHECK_FALSE(security::may_talk(role::client, role::client));
}

TEST_CASE("a peer of the wrong role is refused and the reason names the role") {
  const auto c = credentials();
  // A client's certificate can't pass for a controller, although it is of the same authority.
  auto shaken = shake(context_of(role::client, c), context_of(role::node, c));
  CHECK_FALSE(shaken.accepted);
  CHECK(contains(shaken.connector, "has the role client, with which a node does not talk"));
  // Nor can one that does not look whom it talks to pass for a member with a right to connect.
  auto careless = context_of(role::controller, c);
  const auto listening = context_of(role::controller, c);
  SSL_CTX_set_verify(careless.get(), SSL_VERIFY_NONE, nullptr);
  shaken = shake(listening, careless);
  CHECK_FALSE(shaken.accepted);
  CHECK(contains(shaken.listener, "has the role controller, with which a controller does not talk"));
}

TEST_CASE("expired certificates and those of the future are refused on both sides") {
  const auto c = credentials();
  auto old = credentials(-48h, -24h);
  auto early = credentials(24h, 48h);
  for (auto* wrong : {&old, &early}) {
    const auto* words = wrong == &old ? "has expired" : "is not valid yet";
    const auto shaken = shake(context_of(role::controller, *wrong), context_of(role::client, *wrong));
    CHECK_FALSE(shaken.accepted);
    CHECK_MESSAGE(contains(shaken.connector, words), shaken.connector);
  }
}

TEST_CASE("certificates of another start of the cluster are refused on both sides") {
  const auto first = credentials();
  const auto second = credentials();
  auto shaken = shake(context_of(role::controller, first), context_of(role::client, second));
  CHECK_FALSE(shaken.accepted);
  CHECK(contains(shaken.connector, "another cluster or to another start"));
  // A client that would accept anybody is still refused by the controller.
  const auto controller = context_of(role::controller, first);
  auto careless = context_of(role::client, second);
  SSL_CTX_set_verify(careless.get(), SSL_VERIFY_NONE, nullptr);
  shaken = shake(controller, careless);
  CHECK_FALSE(shaken.accepted);
  CHECK(contains(shaken.listener, "another cluster or to another start"));
}

TEST_CASE("a revoked certificate is refused by its serial number, others of its authority are not") {
  const auto c = credentials();
  const auto serial = security::info_of(c.client.certificate).serial;
  const tls_context listening{role::controller, c.ca, c.controller.certificate, c.controller.key, {"00", serial}};
  const auto shaken = shake(listening, context_of(role::client, c));
  CHECK_FALSE(shaken.accepted);
  CHECK_MESSAGE(contains(shaken.listener, "was revoked"), shaken.listener);
  CHECK(shake(listening, context_of(role::node, c)).accepted);
}

TEST_CASE("over a rotation old and new files meet; after it the old ones are refused in words") {
  const auto now = std::chrono::system_clock::now();
  auto c = credentials();
  const auto old = context_of(role::client, c);
  auto all = c.issuer;
  const auto rotated = [&](std::chrono::seconds overlap) {
    auto next = all;
    next.rotate(now - 1h, overlap + 1h);
    return next;
  };
  const auto made = [&](security::authority& by, role r) {
    return by.issue(r, std::string{to_string(r)}, security::validity::from(now, 1h), now);
  };
  auto during = rotated(1h);
  const auto client = made(during, role::client);
  const auto controller = made(during, role::controller);
  const tls_context fresh{role::client, during.trusted(now), client.certificate, client.key};
  // While both are trusted the controller shows the old one, which all know.
  const tls_context both{role::controller, during.trusted(now), c.controller.certificate, c.controller.key};
  CHECK(shake(both, old).accepted);
  CHECK(shake(both, fresh).accepted);
  const tls_context next{role::controller, during.trusted(now), controller.certificate, controller.key};
  CHECK(shake(next, fresh).accepted);
  CHECK_FALSE(shake(next, old).accepted);

  auto after = rotated(-1s); // the overlap is over; the short certificate says so by itself
  REQUIRE(after.generations().size() == 2);
  const auto with_short = after.generations()[1].certificate + after.generations()[0].certificate;
  const auto last = made(after, role::controller);
  const tls_context late{role::controller, with_short, last.certificate, last.key};
  auto careless = context_of(role::client, c);
  SSL_CTX_set_verify(careless.get(), SSL_VERIFY_NONE, nullptr);
  const auto shaken = shake(late, careless);
  CHECK_FALSE(shaken.accepted);
  CHECK_MESSAGE(contains(shaken.listener, "was replaced"), shaken.listener);
}

TEST_CASE("a peer without a certificate, or with an old TLS, is refused") {
  const auto c = credentials();
  const auto listening = context_of(role::controller, c);
  security::ssl_context_ptr stranger{SSL_CTX_new(TLS_client_method())};
  CHECK_FALSE(shake(listening.get(), stranger.get()).accepted);
  auto old = context_of(role::client, c);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  CHECK_FALSE(shake(listening, old).accepted);
}

TEST_CASE("credentials that do not belong together are refused before any connection") {
  const auto c = credentials();
  const auto make = [](role r, const std::string& ca, const std::string& certificate, const std::string& key) {
    try {
      const tls_context made{r, ca, certificate, key};
      return std::string{};
    } catch (const error& e) {
      CHECK(e.code() == ec::configuration);
      CHECK(ERR_peek_error() == 0);
      return std::string{e.what()};
    }
  };
  CHECK(make(role::node, c.ca, c.node.certificate, c.node.key).empty());
  CHECK(contains(make(role::node, "x", c.node.certificate, c.node.key), "authority"));
  CHECK(contains(make(role::node, c.ca, "x", c.node.key), "no PEM certificate"));
  CHECK(contains(make(role::node, c.ca, c.node.certificate, "x"), "no PEM key"));
  CHECK(contains(make(role::node, c.ca, c.node.certificate, c.client.key), "does not belong"));
  CHECK(contains(make(role::node, c.ca, c.client.certificate, c.client.key), "is for the role client"));
  CHECK(contains(make(role::node, c.ca, c.ca, c.client.key), "of nobody"));
}
