#include "cli/membership.hpp"

#include "runtime/files/authority_file.hpp"
#include "runtime/files/controller_file.hpp"
#include "runtime/files/engine_keys.hpp"
#include "runtime/files/file_io.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <utility>

namespace pactor::cli {

using security::role;

namespace {

constexpr std::array all_roles{role::controller, role::node, role::client};

/// "" for an address of another family, or one that has a meaning only beside its interface.
std::string address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    if (!IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

} // namespace

std::vector<std::string> reachable_addresses(const std::string& host) {
  const bool any_v4 = host == "0.0.0.0";
  if (!any_v4 && host != "::") return {host};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) throw error{ec::system, "cannot list this host's addresses"};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner{first, &::freeifaddrs};
  std::vector<std::string> result;
  std::vector<std::string> loopback;
  for (const auto* one = first; one; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_flags & IFF_UP) == 0) continue;
    if (any_v4 && one->ifa_addr->sa_family != AF_INET) continue;
    if (auto text = address_text(one->ifa_addr); !text.empty())
      ((one->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : result).push_back(std::move(text));
  }
  result.insert(result.end(), loopback.begin(), loopback.end());
  return result;
}

membership::membership(const cluster_choice& cluster, std::string host, security::cluster_credentials credentials)
    : cluster_{cluster}, host_{std::move(host)}, credentials_{std::move(credentials)} {
  // What a killed cluster left would lead clients astray until the new files are there.
  for (const auto& file : credential_files(cluster_)) files::remove_file(file);
  files::write_authority(files::authority_path(cluster_.files(), cluster_.cluster_id), credentials_.issuer);
}

membership::~membership() {
  for (const auto& file : credential_files(cluster_)) {
    std::error_code ignored; // nothing to be done about it, and the files of an ended cluster open nothing
    std::filesystem::remove(file, ignored);
  }
}

std::vector<std::filesystem::path> credential_files(const cluster_choice& cluster) {
  const auto place = cluster.files();
  std::vector<std::filesystem::path> all;
  all.reserve(std::size(all_roles) + 2);
  for (const auto r : all_roles) all.push_back(place.connection_file(r, cluster.cluster_id));
  all.push_back(files::applied_revision::path_for(all.front())); // all_roles begins with the controller
  all.push_back(files::authority_path(place, cluster.cluster_id));
  all.push_back(files::engine_keys::path_for(place.connection_file(role::node, cluster.cluster_id)));
  return all;
}

std::filesystem::path membership::path(role r) const {
  return cluster_.files().connection_file(r, cluster_.cluster_id);
}

void membership::write_controller_file(std::uint16_t port) const { write(role::controller, {host_}, port); }

void membership::write_member_files(std::uint16_t port) const {
  const auto hosts = reachable_addresses(host_);
  write(role::node, hosts, port);
  write(role::client, hosts, port);
}

void membership::write_engine_keys(const std::vector<int>& engines) const {
  files::engine_keys::of(credentials_.secret, engines).write(files::engine_keys::path_for(path(role::node)));
}

void membership::write(role r, std::vector<std::string> hosts, std::uint16_t port) const {
  files::connection_file file;
  file.cluster_id = cluster_.cluster_id;
  file.profile = cluster_.profile;
  file.hosts = std::move(hosts);
  file.port = port;
  file.nonce = credentials_.nonce;
  file.role = r;
  file.ca = credentials_.ca;
  file.certificate = credentials_.of(r).certificate;
  file.key = credentials_.of(r).key;
  if (r != role::controller) return file.write(path(r));
  files::controller_file all;
  all.common = std::move(file);
  all.secret = credentials_.secret;
  all.write(path(r));
}

} // namespace pactor::cli
