#pragma once
// The configuration of a cluster. Each option comes from the first of these that has it: the command line, the
// environment, the cluster's file (`--config`), the profile's file (config.json), the default. Files are JSON with
// comments.

#include "runtime/core/supervision.hpp"
#include "runtime/files/host_config.hpp"
#include "runtime/files/option_spec.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

/// Options that begin with execute: C++ that clients send as text.
struct execute_config {
  bool enabled = true;
  std::string compiler;           ///< a name in PATH or a path; "" is clang++ if there is one, else g++
  std::vector<std::string> flags; ///< for the compiler, added to pactor's own
  std::int64_t cache_mb = 512;    ///< what compiled code may take of the disk, in 1024^2 bytes; 1 to 1048576

  friend bool operator==(const execute_config&, const execute_config&) = default;
};

/// Options that begin with shipping: job libraries that clients send.
struct shipping_config {
  bool enabled = true;
  std::int64_t cache_mb = 512; ///< what they may take of each host's disk, in 1024^2 bytes; 1 to 1048576

  friend bool operator==(const shipping_config&, const shipping_config&) = default;
};

/// Options that begin with supervision: when who restarts others gives up. Of the controller, of each node, of each
/// engine's worker.
struct supervision_config {
  std::size_t intensity =
      core::supervision_of("worker").intensity; ///< deaths that are answered by a restart, 0 to 1000
  std::chrono::seconds period = core::supervision_of("worker").period; ///< in which they are counted, 1 s to 1 d

  [[nodiscard]] core::restart_policy::limits limits() const { return {intensity, period, {}}; }
  friend bool operator==(const supervision_config&, const supervision_config&) = default;
};

/// Options that begin with limits: what the controller takes of one client before it refuses more (`would_block`).
/// Directed and load-balanced tasks are counted apart.
struct limits_config {
  std::size_t open_tasks = 2'000'000; ///< that have not ended, 1 to 100,000,000
  std::int64_t open_mb = 4096;        ///< of their arguments, in 1024^2 bytes; 1 to 1048576

  [[nodiscard]] std::uint64_t open_bytes() const { return static_cast<std::uint64_t>(open_mb) << 20U; }
  friend bool operator==(const limits_config&, const limits_config&) = default;
};

/// Every option with its default.
struct config {
  int engines = 0;                           ///< of `pactor start`; 0: as many as there are processors that it may use
  std::vector<std::filesystem::path> jobs;   ///< directories of job libraries, beside pactor's and the profile's own
  std::string host = "127.0.0.1";            ///< address the controller listens on; 0.0.0.0 is every one of the host
  std::uint16_t port = 0;                    ///< that the controller listens on; 0: any free one
  std::chrono::milliseconds heartbeat{1000}; ///< between signs of life on idle connections, 10 ms to 1 h
  std::string scheduler = "leastload";       ///< how engines are chosen for balanced tasks: core::scheme
  std::size_t hwm = 0;                       ///< balanced tasks an engine has at most; 0: as many as hide the way there
  std::size_t recent_tasks = 1000;           ///< tasks that have ended and are listed, at most 10,000
  std::string log_level = "info";            ///< trace, debug, info, warning, error or off
  supervision_config supervision;            ///< when restarts end
  limits_config limits;                      ///< what is taken of one client
  execute_config execute;                    ///< whether and how engines execute code
  shipping_config shipping;                  ///< whether clients may send job libraries
  std::vector<host_config> hosts;            ///< where engines run; none: `engines` of them here

  friend bool operator==(const config&, const config&) = default;
};

/// All engines: those of the hosts if there are any, else those of this machine.
[[nodiscard]] int engine_count(const config& c);
/// What can be configured, in the order in which it is shown.
[[nodiscard]] std::span<const option_spec> config_options();
/// The environment variable of an option: `execute.compiler` has PACTOR_EXECUTE_COMPILER.
[[nodiscard]] std::string environment_name(std::string_view key);
/// JSON schema of a configuration file.
[[nodiscard]] nlohmann::ordered_json config_schema();

/// A configuration as it is put together, layer over layer; mistakes are collected, so that one run shows all of them.
class configuration {
public:
  /// An option's value, and where it comes from: `lab.json:3:5`, `PACTOR_ENGINES`, `--engines`; "default".
  struct origin {
    std::string key, value, from;
  };

  /// Relative directories count from the directory of the file.
  /// @throws error{system} if the file can't be read, error{configuration} if it is no JSON object
  void add_file(const std::filesystem::path& file);
  void add_file_if_present(const std::filesystem::path& file);
  /// Every PACTOR_... variable that belongs to an option. Relative directories count from the working directory.
  void add_environment();
  /// One option, of the command line. @pre there is such an option
  void set(std::string_view key, const nlohmann::json& value, const std::string& from);

  /// Each starts with its place. Later layers do not take back what is wrong in earlier ones.
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
  /// @throws error{configuration} with all problems, a line each
  void check() const;
  /// What holds where nothing is wrong.
  [[nodiscard]] const config& values() const noexcept { return values_; }
  /// All options, in the order of config_options(); values as JSON.
  [[nodiscard]] std::vector<origin> origins() const;

private:
  struct place {
    std::size_t order; ///< of what is told first
    std::string text;
  };
  /// @param where  what a pointer names
  void add(const nlohmann::json& layer, const std::filesystem::path& base,
           const std::function<place(const std::string& pointer)>& where);

  config values_;
  std::map<std::string, std::string, std::less<>> from_;
  std::vector<std::string> problems_;
};

/// The options of one file. @throws error{configuration} naming file, line, column and key of everything that is wrong;
/// error{system} if the file cannot be read
[[nodiscard]] config read_config(const std::filesystem::path& file);

} // namespace pactor::files
