#include "cli/last_px.hpp"

#include "cli/exit_status.hpp"
#include "pactor/task_id.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/files/file_io.hpp"

#include <sstream>

namespace pactor::cli {

namespace {

std::filesystem::path file_of(const cluster_choice& cluster) {
  return cluster.files().directory() / (cluster.cluster_id.empty() ? "last_px" : "last_px-" + cluster.cluster_id);
}

/// What tells this start of the cluster from others: clients and tasks have the same numbers in each.
std::string start_of(const cluster_choice& cluster) {
  const auto file = cluster.files().connection_file(security::role::client, cluster.cluster_id);
  return files::connection_file::read(file).nonce;
}

} // namespace

void remember_px(const cluster_choice& cluster, const std::vector<std::string>& tasks) {
  auto text = start_of(cluster) + '\n';
  for (const auto& task : tasks) text += task + '\n';
  files::replace_file(file_of(cluster), text);
}

std::vector<std::string> last_px(const cluster_choice& cluster) {
  const auto file = file_of(cluster);
  if (!files::file_exists(file))
    throw exit_error{exit_status::job_failed, "there was no px that did not block: pactor px --no-block 'CODE'"};
  std::istringstream lines{files::read_private_file(file)};
  std::string line;
  if (!std::getline(lines, line) || line != start_of(cluster))
    throw exit_error{exit_status::job_failed,
                     describe(cluster) +
                         " was started anew since the last px that did not block; its results are gone"};
  std::vector<std::string> tasks;
  while (std::getline(lines, line)) {
    (void)parse_task_id(line); // whether it is one
    tasks.push_back(line);
  }
  return tasks;
}

} // namespace pactor::cli
