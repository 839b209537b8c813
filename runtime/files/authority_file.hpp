#pragma once
// Where a cluster's authority is kept while the cluster lives: with its key, for the user who started it only.

#include "runtime/files/profile.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/security/authority.hpp"

#include <filesystem>
#include <string_view>

namespace pactor::files {

/// `security/pactor-authority.json`, with a cluster id `security/pactor-ID-authority.json`.
[[nodiscard]] std::filesystem::path authority_path(const profile& place, std::string_view cluster_id);

/// Replaces the file in one step, 0600. @throws error{system}
void write_authority(const std::filesystem::path& path, const security::authority& authority);

/// @throws error{not_running} if there is no such file, error{configuration} if others may read it or it is malformed
[[nodiscard]] security::authority read_authority(const std::filesystem::path& path);

/// While it lives, nobody else who asks for it changes the files of this directory. Waits for its turn.
class directory_lock {
public:
  /// @throws error{system}
  explicit directory_lock(const std::filesystem::path& directory);

private:
  process::unique_fd fd_;
};

} // namespace pactor::files
