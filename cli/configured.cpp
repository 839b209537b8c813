#include "cli/configured.hpp"

namespace pactor::cli {

files::configuration configured(const cluster_choice& cluster, const std::string& cluster_file) {
  files::configuration layers;
  layers.add_file_if_present(cluster.files().config_file());
  if (!cluster_file.empty()) layers.add_file(cluster_file);
  layers.add_environment();
  return layers;
}

} // namespace pactor::cli
