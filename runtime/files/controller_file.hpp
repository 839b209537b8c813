#pragma once
// The controller's connection file: what the members' have, and what only it needs. `pactor credentials` changes it
// while the cluster runs.

#include "runtime/files/connection_file.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::files {

/// The content of `pactor-controller.json`.
struct controller_file {
  /// What a controller shows of itself for a while after a rotation, so that those are let in that have an older file.
  struct earlier_identity {
    std::string certificate, key;
    std::chrono::system_clock::time_point until; ///< full seconds
    friend bool operator==(const earlier_identity&, const earlier_identity&) = default;
  };

  /// Of several authorities in `common.ca`: one that is trusted until then, though it may be signed for longer.
  struct replaced_authority {
    std::string certificate;
    std::chrono::system_clock::time_point until; ///< full seconds
    friend bool operator==(const replaced_authority&, const replaced_authority&) = default;
  };

  connection_file common;                ///< of role controller; `ca` may be several authorities
  std::string secret;                    ///< of this start; no other process knows it
  std::vector<std::string> revoked;      ///< serial numbers of certificates that are refused
  std::vector<earlier_identity> earlier; ///< the oldest first
  std::vector<replaced_authority> replaced{};
  std::int64_t revision = 0; ///< grows with every change

  /// Replaces the file in one step, 0600. @throws error{system}
  void write(const std::filesystem::path& path) const;
  /// @throws what connection_file::read() throws
  static controller_file read(const std::filesystem::path& path);

  friend bool operator==(const controller_file&, const controller_file&) = default;
};

/// Where a controller says which revision of its file it uses, and how many connections that has ended.
struct applied_revision {
  std::int64_t revision = -1; ///< -1: it said nothing yet
  std::size_t ended = 0;

  void write(const std::filesystem::path& path) const;
  static applied_revision read(const std::filesystem::path& path);
  /// Beside the controller's file.
  [[nodiscard]] static std::filesystem::path path_for(std::filesystem::path controller) {
    return controller += ".applied";
  }
};

} // namespace pactor::files
