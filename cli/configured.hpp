#pragma once
// What is configured for a cluster, but for the command line.

#include "cli/cluster_choice.hpp"
#include "runtime/files/config.hpp"

#include <string>

namespace pactor::cli {

/// The profile's file, then that of the cluster if there is one, then the environment.
/// @throws error{configuration} for a file that is no JSON, error{system} for one that can't be read
[[nodiscard]] files::configuration configured(const cluster_choice& cluster, const std::string& cluster_file);

} // namespace pactor::cli
