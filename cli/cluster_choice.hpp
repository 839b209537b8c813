#pragma once
// Which cluster a command is about: the options that most commands share.

#include "pactor/detail/session.hpp"
#include "runtime/files/profile.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>

namespace pactor::cli {

class setting;

/// `--profile` and `--cluster-id`, by default from PACTOR_PROFILE and PACTOR_CLUSTER_ID.
struct cluster_choice {
  std::string profile = "default";
  std::string cluster_id; ///< "" is the profile's default cluster

  /// Adds the options, unless the setting is about one cluster, which this becomes then.
  /// @pre `app` does not outlive this object's use
  void declare(CLI::App& app, const setting& around);
  /// @throws error{configuration} for names that are none
  [[nodiscard]] files::profile files() const;
  /// The arguments that make another `pactor` process mean the same cluster.
  [[nodiscard]] std::vector<std::string> arguments() const;
  /// How a client connects to it. @throws error{not_running} if there is no such cluster, or one that was killed
  [[nodiscard]] client_options connection() const;
};

/// `cluster 'a' of profile 'default'`, without an id `the cluster of profile 'default'`.
[[nodiscard]] std::string describe(const cluster_choice& choice);

} // namespace pactor::cli
