#pragma once
// By what the nodes that `pactor start` starts show that the numbers which they ask for are theirs.

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

/// Numbers of engines, and the key of each.
struct engine_keys {
  std::map<int, std::string> keys;

  /// Of these engines. @param secret of this start of the cluster
  [[nodiscard]] static engine_keys of(std::string_view secret, std::span<const int> engines);
  /// Beside a node's connection file: whoever copies that has not got these.
  [[nodiscard]] static std::filesystem::path path_for(const std::filesystem::path& connection_file);
  /// None if there is no such file, or it can't be understood.
  [[nodiscard]] static engine_keys read(const std::filesystem::path& path);
  /// Replaces the file in one step, 0600. @throws error{system}
  void write(const std::filesystem::path& path) const;
  /// One for each of these, "" where there is none.
  [[nodiscard]] std::vector<std::string> list(std::span<const int> engines) const;

  friend bool operator==(const engine_keys&, const engine_keys&) = default;
};

} // namespace pactor::files
