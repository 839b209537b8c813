#pragma once
// Who is in a cluster: noted by its controller, for the one that takes its place.

#include "runtime/core/library_rollout.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace pactor::files {

struct roster {
  std::vector<int> engines;
  std::vector<std::uint32_t> clients;
  std::vector<core::shipped_library> libraries{}; ///< that clients sent
  std::vector<int> lost{}; ///< engines lost a while ago: what they ran, their clients may not have heard of

  /// Nobody if there is no such file, or it can't be understood: then nobody is waited for.
  [[nodiscard]] static roster read(const std::filesystem::path& path);
  /// Replaces the file in one step, 0600. It need not outlive the machine, and failing to write it is no failure.
  void write(const std::filesystem::path& path) const noexcept;

  friend bool operator==(const roster&, const roster&) = default;
};

} // namespace pactor::files
