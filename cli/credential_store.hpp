#pragma once
// The credentials of a running cluster, changed while it works: the authority's file, the controller's and the
// members' connection files, in the profile of the process that started it.

#include "cli/cluster_choice.hpp"
#include "runtime/files/authority_file.hpp"
#include "runtime/files/controller_file.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pactor::cli {

/// All of a cluster's credentials, for one command: others wait for it. Every change is in the authority's file first,
/// and what the controller reads is made from that, so that a command that was killed can be repeated.
class credential_store {
public:
  using time_point = security::time_point;

  /// @throws error{not_running} if the cluster does not run, error{system}, error{configuration}
  explicit credential_store(const cluster_choice& cluster);

  [[nodiscard]] const security::authority& authority() const noexcept { return authority_; }

  /// A connection file with a certificate of its own. @param name  "" is one that is free
  /// @throws error{invalid_argument}
  files::connection_file make(security::role holder, std::string name, std::chrono::seconds length, time_point now);

  struct change {
    std::vector<security::issued_certificate> revoked{};
    std::vector<std::filesystem::path> written{}; ///< the profile's own files that were replaced
    std::optional<std::size_t> ended{};           ///< connections; nothing if the controller did not say so in time
  };
  /// Revokes certificates by name, serial number, or connection file. If those of the profile's own files are among
  /// them, these get new ones.
  change revoke(const std::vector<std::string>& which, time_point now, std::chrono::milliseconds patience);
  /// A new authority and new files of the profile. @param overlap  how long the old ones are good for; 0: no more, and
  /// their connections end
  change rotate(std::chrono::seconds overlap, time_point now, std::chrono::milliseconds patience);

private:
  [[nodiscard]] std::filesystem::path path(security::role r) const;
  [[nodiscard]] std::filesystem::path authority_path() const;
  void renew(files::connection_file& file, time_point now);
  /// Has the controller follow. @return connections that it ended, if it says so in time
  std::optional<std::size_t> publish(time_point now, std::chrono::milliseconds patience);

  cluster_choice cluster_;
  files::directory_lock lock_;
  security::authority authority_;
  files::controller_file controller_;
  files::connection_file node_, client_;
};

} // namespace pactor::cli
