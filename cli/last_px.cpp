#include "cli/last_px.hpp"

#include "cli/exit_status.hpp"
#include "pactor/task_id.hpp"
#include "runtime/files/file_io.hpp"

#include <sstream>

namespace pactor::cli {

namespace {

std::filesystem::path file_of(const cluster_choice& cluster) {
  return cluster.files().directory() / (cluster.cluster_id.empty() ? "last_px" : "last_px-" + cluster.cluster_id);
}

} // namespace

void remember_px(const cluster_choice& cluster, const std::vector<std::string>& tasks) {
  std::string text;
  for (const auto& task : tasks) text += task + '\n';
  files::replace_file(file_of(cluster), text);
}

std::vector<std::string> last_px(const cluster_choice& cluster) {
  const auto file = file_of(cluster);
  if (!files::file_exists(file))
    throw exit_error{exit_status::job_failed, "there was no px that did not block: pactor px --no-block 'CODE'"};
  std::istringstream lines{files::read_private_file(file)};
  std::vector<std::string> tasks;
  for (std::string line; std::getline(lines, line);) {
    (void)parse_task_id(line); // whether it is one
    tasks.push_back(line);
  }
  return tasks;
}

} // namespace pactor::cli
