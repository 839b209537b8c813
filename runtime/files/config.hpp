#pragma once
// The configuration of a profile: config.json, JSON with comments.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::files {

/// The part named execute: C++ that clients send as text.
struct execute_config {
  bool enabled = true;
  std::string compiler;           ///< a name in PATH or a path; "" is clang++ if there is one, else g++
  std::vector<std::string> flags; ///< for the compiler, added to pactor's own
  std::int64_t cache_mb = 512;    ///< what compiled code may take of the disk, in 1024^2 bytes; 1 to 1048576

  friend bool operator==(const execute_config&, const execute_config&) = default;
};

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

  execute_config execute; ///< whether and how engines execute code

  friend bool operator==(const config&, const config&) = default;
};

/// Relative directories count from the directory of the file.
/// @throws error{configuration} naming file, line, column and key; error{system} if the file cannot be read
[[nodiscard]] config read_config(const std::filesystem::path& file);
/// The same; the defaults if there is no such file.
[[nodiscard]] config read_config_if_present(const std::filesystem::path& file);

} // namespace pactor::files
