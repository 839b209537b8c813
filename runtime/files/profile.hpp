#pragma once
// The directory of a profile and the names of the files in it.

#include "runtime/security/role.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

/// `$PACTOR_DIR`, or `~/.pactor`. @throws error{configuration} if neither that nor HOME is set
[[nodiscard]] std::filesystem::path pactor_directory();

/// `profile_NAME/{config.json, security/, pid/, log/, jobs/, history.sqlite}` in the pactor directory. A profile may
/// have several clusters, told apart by a cluster id; "" is the default one.
class profile {
public:
  /// Names consist of letters, digits, `.`, `_` and `-`, do not start with `.` or `-`, and have at most 40 characters.
  /// @throws error{configuration}
  explicit profile(std::string name, const std::filesystem::path& root = pactor_directory());

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  [[nodiscard]] std::filesystem::path config_file() const { return directory_ / "config.json"; }
  [[nodiscard]] std::filesystem::path security_directory() const { return directory_ / "security"; }
  [[nodiscard]] std::filesystem::path pid_directory() const { return directory_ / "pid"; }
  [[nodiscard]] std::filesystem::path log_directory() const { return directory_ / "log"; }
  [[nodiscard]] std::filesystem::path job_directory() const { return directory_ / "jobs"; }

  /// `security/pactor-client.json`, with a cluster id `security/pactor-ID-client.json`; a node's is called `engine`.
  [[nodiscard]] std::filesystem::path connection_file(security::role r, std::string_view cluster_id) const;
  /// `pid/pactor.pid`, with a cluster id `pid/pactor-ID.pid`.
  [[nodiscard]] std::filesystem::path pid_file(std::string_view cluster_id) const;
  /// `pid/pactor.roster`, with a cluster id `pid/pactor-ID.roster`.
  [[nodiscard]] std::filesystem::path roster_file(std::string_view cluster_id) const;
  /// `pid/pactor.hosts`, with a cluster id `pid/pactor-ID.hosts`.
  [[nodiscard]] std::filesystem::path host_states_file(std::string_view cluster_id) const;
  /// `log/PART.log`, with a cluster id `log/PART-ID.log`.
  [[nodiscard]] std::filesystem::path log_file(std::string_view part, std::string_view cluster_id) const;

  /// Makes the directories, 0700. @throws error{system}, error{configuration}
  void create() const;
  /// Ids of the clusters that have a pid file, whether they run or not, sorted.
  [[nodiscard]] std::vector<std::string> cluster_ids() const;

private:
  std::string name_;
  std::filesystem::path directory_;
};

/// All profiles of a pactor directory, by name.
[[nodiscard]] std::vector<profile> all_profiles(const std::filesystem::path& root = pactor_directory());

/// Checks a cluster id by the rules of profile names; "" is one. @throws error{configuration}
void check_cluster_id(std::string_view cluster_id);

} // namespace pactor::files
