#include "cli/cluster_choice.hpp"

#include "cli/setting.hpp"
#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/pid_file.hpp"

namespace pactor::cli {

void cluster_choice::declare(CLI::App& app, const setting& around) {
  if (const auto* fixed = around.cluster()) {
    *this = *fixed;
    return;
  }
  app.add_option("--profile", profile, "Profile of the cluster")->envname("PACTOR_PROFILE")->capture_default_str();
  app.add_option("--cluster-id", cluster_id, "Tells several clusters of one profile apart")
      ->envname("PACTOR_CLUSTER_ID");
}

files::profile cluster_choice::files() const {
  files::check_cluster_id(cluster_id);
  return files::profile{profile};
}

std::vector<std::string> cluster_choice::arguments() const {
  return {"--profile", profile, "--cluster-id", cluster_id};
}

client_options cluster_choice::connection() const {
  const auto place = files();
  const auto pid_path = place.pid_file(cluster_id);
  const auto state = files::inspect_pid_file(pid_path);
  if (state && !state->running)
    throw error{ec::not_running, describe(*this) + " was killed and left its files behind (" + pid_path.string() +
                                     "); start it again with: pactor start"};
  // Without a pid file the cluster may run on another host, and its connection file be a copy.
  const auto connection = place.connection_file(security::role::client, cluster_id);
  if (!files::file_exists(connection))
    throw error{ec::not_running,
                describe(*this) + (state ? " is starting, or its connection file was removed: " + connection.string()
                                         : " does not run; start it with: pactor start")};
  client_options options;
  options.profile = profile;
  options.cluster_id = cluster_id;
  return options;
}

std::string describe(const cluster_choice& choice) {
  const auto of_profile = " of profile '" + choice.profile + "'";
  return choice.cluster_id.empty() ? "the cluster" + of_profile : "cluster '" + choice.cluster_id + "'" + of_profile;
}

} // namespace pactor::cli
