#pragma once
// One host of a cluster's configuration: where engines run, and how they get there.

#include "runtime/files/option_spec.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

/// The launchers that come with pactor. Any other is the path of a plug-in, which has a `/` in it.
inline constexpr std::array<std::string_view, 5> launcher_names{"local", "ssh", "mpi", "slurm", "pbs"};

/// An element of `hosts`.
struct host_config {
  std::string name;                               ///< in messages and logs; of its own
  int engines = 1;                                ///< 1 to 10000
  std::string launcher;                           ///< one of launcher_names, or the absolute path of a plug-in
  std::string address;                            ///< that ssh connects to; by default the name
  std::string user;                               ///< there; "" is what ssh takes
  int ssh_port = 0;                               ///< 0 is what ssh takes
  std::vector<std::string> ssh_options;           ///< each as ssh_config has it: ProxyJump=gate
  std::map<std::string, std::string> environment; ///< of node and workers
  std::string directory;          ///< in which node and workers run; "" is where the launcher leaves them
  std::vector<std::string> jobs;  ///< directories of job libraries there; of `local`, absolute
  std::vector<std::string> cores; ///< one engine's each, "0" or "2-3,6", from the first again if they are fewer
  std::string pactor;             ///< the program there; "" is this one for `local`, else `pactor` in its PATH
  bool tunnel = false;            ///< it reaches the controller through its ssh connection
  bool copy = false;              ///< carry pactor and the job libraries of this host there first
  std::map<std::string, std::string> settings; ///< what else this launcher takes: queue, time, template, ...

  friend bool operator==(const host_config&, const host_config&) = default;
};

/// What an element of `hosts` may have.
[[nodiscard]] std::span<const option_spec> host_options();
/// Tells what is wrong with hosts beyond each option's own kind: names that are missing or stand twice, engines that
/// are missing, environment variables that can't be, cores that are none.
void check_hosts(const nlohmann::json& hosts, const std::string& pointer, const complain& tell);
/// @pre nothing is wrong with it @param base relative paths of this host count from here
[[nodiscard]] host_config host_from(const nlohmann::json& value, const std::filesystem::path& base);
/// What differs from the defaults.
[[nodiscard]] nlohmann::json to_json(const host_config& host);

/// The numbers in "0", "0,2" or "4-7,9", ascending. @return nothing if it is no such list, or beyond 1023
[[nodiscard]] std::vector<int> core_list(std::string_view text);

} // namespace pactor::files
