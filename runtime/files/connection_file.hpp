#pragma once
// What a process needs to find its cluster and prove that it belongs to it: address, credentials. JSON, mode 0600.

#include "runtime/security/role.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::files {

/// The content of `pactor-client.json`, `pactor-engine.json` and `pactor-controller.json`.
struct connection_file {
  static constexpr int version = 1; ///< of the format

  std::string cluster_id; ///< "" is the profile's default cluster
  std::string profile;
  std::vector<std::string> hosts; ///< names or addresses of the controller, tried in order; the controller's own
                                  ///< file has one, which it listens on
  std::uint16_t port = 0;         ///< in the controller's file 0 is any free one
  std::string nonce;              ///< tells this start of the cluster from others; 32 hex digits
  security::role role = security::role::client;
  std::string ca, certificate, key; ///< PEM; `ca` is one authority to trust, or several

  /// What a controller shows of itself for a while after a rotation, so that those are let in that have an older file.
  struct earlier_identity {
    std::string certificate, key;
    std::chrono::system_clock::time_point until; ///< full seconds
    friend bool operator==(const earlier_identity&, const earlier_identity&) = default;
  };
  // Of the controller's file only.
  std::string secret{};                    ///< of this start; no other process knows it
  std::vector<std::string> revoked{};      ///< serial numbers of certificates that are refused
  std::vector<earlier_identity> earlier{}; ///< the oldest first
  std::int64_t revision = 0;               ///< grows whenever the file is changed while the cluster runs

  /// The file's content.
  [[nodiscard]] std::string text() const;
  /// Replaces the file in one step, 0600. @throws error{system}
  void write(const std::filesystem::path& path) const;

  /// @throws error{not_running} if there is no such file, or the cluster's controller does not listen yet,
  ///         error{configuration} if others may read it, or keys are missing or of another type,
  ///         error{incompatible_version} if it has another format
  static connection_file read(const std::filesystem::path& path);
  /// The same, for a process of this role. @throws also error{configuration} if the file is for another role
  static connection_file read(const std::filesystem::path& path, security::role expected);

  /// Where a controller says which revision of its file it uses, and how many connections that has ended.
  struct applied {
    std::int64_t revision = -1;
    std::size_t ended = 0;
  };
  static void write_applied(const std::filesystem::path& path, const applied& what);
  /// -1 if it said nothing yet.
  [[nodiscard]] static applied read_applied(const std::filesystem::path& path);
  /// Beside the controller's file.
  [[nodiscard]] static std::filesystem::path applied_path(std::filesystem::path path) { return path += ".applied"; }

  friend bool operator==(const connection_file&, const connection_file&) = default;
};

} // namespace pactor::files
