#include "cli/setting.hpp"

namespace pactor::cli {

client setting::connect(const cluster_choice& cluster, std::optional<seconds> patience) {
  auto options = cluster.connection();
  if (patience) options.timeout = std::chrono::ceil<std::chrono::milliseconds>(*patience);
  return client{options};
}

process::shutdown_signals& setting::signals() {
  if (!signals_) signals_.emplace();
  return *signals_;
}

} // namespace pactor::cli
