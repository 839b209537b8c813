#pragma once
// The connection files of one start of a cluster: who has one may take part.

#include "cli/cluster_choice.hpp"
#include "runtime/security/credentials.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::cli {

/// Writes the connection files and the authority's; removes them at the end of its life. The caller holds the cluster's
/// pid file. Once the members' files are there, `pactor credentials` may change all of them.
class membership {
public:
  /// @throws error{system}
  membership(const cluster_choice& cluster, std::string host, security::cluster_credentials credentials);
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;
  ~membership();

  /// The file that the controller reads. `port` 0 is any free one.
  void write_controller_file(std::uint16_t port) const;
  /// The files of nodes and clients, once the port is known.
  void write_member_files(std::uint16_t port) const;
  /// What the nodes that this process starts show when they ask for these numbers.
  void write_engine_keys(const std::vector<int>& engines) const;
  [[nodiscard]] std::filesystem::path path(security::role r) const;

private:
  void write(security::role r, std::vector<std::string> hosts, std::uint16_t port) const;
  cluster_choice cluster_;
  std::string host_;
  security::cluster_credentials credentials_;
};

/// The files that a cluster's credentials lie in, whether they are there or not.
[[nodiscard]] std::vector<std::filesystem::path> credential_files(const cluster_choice& cluster);

/// Where others reach a controller that listens on `host`: on every address of this host for the wildcards 0.0.0.0
/// and ::, those of other hosts' networks first; else just there.
[[nodiscard]] std::vector<std::string> reachable_addresses(const std::string& host);

} // namespace pactor::cli
