#pragma once
// Certificates on the command line.

#include "cli/cluster_choice.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace pactor::cli {

/// `pactor credentials`
action declare_credentials(CLI::App& app, setting& around);

/// What a status should warn of: certificates of this cluster that end soon, as far as this host and user know them.
[[nodiscard]] std::vector<std::string> credential_warnings(const cluster_choice& cluster);

} // namespace pactor::cli
