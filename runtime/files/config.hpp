#pragma once
// The configuration of a profile: config.json, JSON with comments.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::files {

/// Every option with its default. The command line overrides the file.
struct config {
  int engines = 0;                           ///< of `pactor start`; 0: as many as the host has processors
  std::vector<std::filesystem::path> jobs;   ///< directories of job libraries, beside pactor's and the profile's own
  std::string host = "127.0.0.1";            ///< address the controller listens on; 0.0.0.0 is every one of the host
  std::uint16_t port = 0;                    ///< that the controller listens on; 0: any free one
  std::chrono::milliseconds heartbeat{1000}; ///< between signs of life on idle connections, 10 ms to 1 h
  std::string scheduler = "leastload";       ///< how engines are chosen for balanced tasks: core::scheme
  std::size_t hwm = 0;                       ///< balanced tasks an engine has at most; 0: as many as hide the way there
  std::string log_level = "info";            ///< trace, debug, info, warning, error or off

  friend bool operator==(const config&, const config&) = default;
};

/// Relative directories count from the directory of the file.
/// @throws error{configuration} naming file, line, column and key; error{system} if the file cannot be read
[[nodiscard]] config read_config(const std::filesystem::path& file);
/// The same; the defaults if there is no such file.
[[nodiscard]] config read_config_if_present(const std::filesystem::path& file);

} // namespace pactor::files
