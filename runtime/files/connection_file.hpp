#pragma once
// What a process needs to find its cluster and prove that it belongs to it: address, credentials. JSON, mode 0600.

#include "runtime/security/role.hpp"

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
  std::string ca, certificate, key; ///< PEM
  /// Where it goes to one node only: the keys (engine_keys.hpp) of the numbers that the node asks for, in order.
  std::vector<std::string> engine_keys{};

  /// From the text of a file. @param name  of where it comes from, for messages @throws as read()
  static connection_file parse(const std::string& name, std::string text, security::role expected);
  /// From a descriptor, which is read up to the end of the object and no further: what follows is for others.
  /// @throws as read(); error{not_running} if it ends before, or nothing came for ten seconds
  static connection_file read_from(int fd, security::role expected);

  /// Replaces the file in one step, 0600. @throws error{system}
  void write(const std::filesystem::path& path) const;

  /// @throws error{not_running} if there is no such file, or the cluster's controller does not listen yet,
  ///         error{configuration} if others may read it, or keys are missing or of another type,
  ///         error{incompatible_version} if it has another format
  static connection_file read(const std::filesystem::path& path);
  /// The same, for a process of this role. @throws also error{configuration} if the file is for another role
  static connection_file read(const std::filesystem::path& path, security::role expected);

  friend bool operator==(const connection_file&, const connection_file&) = default;
};

/// The text of a file. It holds the key.
[[nodiscard]] std::string to_text(const connection_file& file);

} // namespace pactor::files
