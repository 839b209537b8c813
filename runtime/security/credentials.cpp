#include "runtime/security/credentials.hpp"

#include <utility>

namespace pactor::security {

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
  auto nonce = random_hex(16);
  // The nonce's start makes each authority's name its own.
  authority issuer{std::string{cluster_id}, nonce.substr(0, 8), valid.not_before};
  const auto issue = [&](role r) { return issuer.issue(r, std::string{to_string(r)}, valid, valid.not_before); };
  auto controller = issue(role::controller);
  auto node = issue(role::node);
  auto client = issue(role::client);
  auto ca = issuer.trusted(valid.not_before);
  return {std::move(issuer), std::move(ca),    std::move(controller), std::move(node),
          std::move(client), std::move(nonce), random_hex(16)};
}

} // namespace pactor::security
