#pragma once
// Carrying pactor to a host that has none: what a node needs, as one archive.

#include "runtime/launchers/launcher.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace pactor::launchers {

/// What a node of this order needs, gathered in a directory as links: program, worker, job libraries, the libraries
/// that this process has loaded beside those of the C library, and what compiling code needs. Removed at the end.
class cargo {
public:
  /// @param parent  private to this user @throws error{system}
  cargo(const order& what, const std::filesystem::path& parent);
  cargo(const cargo&) = delete;
  cargo& operator=(const cargo&) = delete;
  ~cargo();

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  /// The same for the same files: names, sizes and times of all, hashed.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  /// The command that writes it as a compressed archive.
  [[nodiscard]] std::vector<std::string> pack_command() const;

private:
  void add(const std::filesystem::path& file, const std::filesystem::path& as);

  std::filesystem::path directory_;
  std::string id_;
  std::set<std::string> list_; // what each file is
};

/// What a shell on the host does with the archive from its input: unpacks it, unless it is there already.
[[nodiscard]] std::string unpack_script(const std::string& id);
/// For a shell on the host: the directory with what was carried there.
[[nodiscard]] std::string carried_directory(const std::string& id);

} // namespace pactor::launchers
