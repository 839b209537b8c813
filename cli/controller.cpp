#include "actors/run.hpp"
#include "cli/commands.hpp"
#include "cli/configured.hpp"
#include "cli/membership.hpp"
#include "runtime/core/placement.hpp"
#include "runtime/files/config.hpp"
#include "runtime/files/pid_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pactor::cli {
namespace {

struct controller_command {
  cluster_choice cluster;
  std::string config_file, connection;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<int> heartbeat;
  std::optional<std::string> scheduler;
  std::optional<std::size_t> hwm, recent_tasks;
  files::shipping_config shipping;
  files::limits_config limits;
  int ready_fd = -1;
  std::string log_level;
  std::uint32_t incarnation = 0;
};

std::vector<std::string> schemes() { return {core::scheme_names.begin(), core::scheme_names.end()}; }

controller_options common_options(const controller_command& given) {
  controller_options options;
  options.ready_fd = given.ready_fd;
  options.level = parse_log_level(given.log_level).value_or(options.level);
  if (given.heartbeat) options.heartbeat = std::chrono::milliseconds{*given.heartbeat};
  if (given.scheduler) options.scheduler = *given.scheduler;
  if (given.hwm) options.hwm = *given.hwm;
  if (given.recent_tasks) options.recent_tasks = *given.recent_tasks;
  return options;
}

void take_shipping(controller_options& options, const files::shipping_config& shipping) {
  options.shipping = shipping.enabled;
  options.library_cache = (files::pactor_directory() / "cache" / "jobs").string();
  options.library_bytes = static_cast<std::uint64_t>(shipping.cache_mb) << 20U;
}

void take_limits(controller_options& options, const files::limits_config& limits) {
  options.open_tasks = limits.open_tasks;
  options.open_bytes = limits.open_bytes();
}

/// Of a launcher, which has made everything and learns the port from the first line that we write.
int run_for_launcher(const controller_command& given) {
  auto options = common_options(given);
  options.connection_file = given.connection;
  options.log_file = given.cluster.files().log_file("controller", given.cluster.cluster_id);
  options.incarnation = given.incarnation;
  options.roster = given.cluster.files().roster_file(given.cluster.cluster_id);
  take_shipping(options, given.shipping);
  take_limits(options, given.limits);
  options.listening = [fd = given.ready_fd](std::uint16_t port) {
    const auto line = std::to_string(port) + "\n";
    if (fd >= 0 && ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw error{ec::system, "the launcher is gone"};
  };
  return run_controller(options);
}

/// Started by hand: makes credentials and connection files itself.
int run_alone(const controller_command& given) {
  auto layers = configured(given.cluster, given.config_file);
  if (given.host) layers.set("host", *given.host, "--host");
  if (given.port) layers.set("port", *given.port, "--port");
  if (given.heartbeat) layers.set("heartbeat_ms", *given.heartbeat, "--heartbeat-ms");
  if (given.scheduler) layers.set("scheduler", *given.scheduler, "--scheduler");
  if (given.hwm) layers.set("hwm", *given.hwm, "--hwm");
  if (given.recent_tasks) layers.set("recent_tasks", *given.recent_tasks, "--recent-tasks");
  layers.check();
  const auto& config = layers.values();
  const auto place = given.cluster.files();
  place.create();
  auto record = files::pid_record::self();
  record.cluster_id = given.cluster.cluster_id;
  const files::pid_file held{place.pid_file(given.cluster.cluster_id), record};
  const membership members{
      given.cluster, config.host,
      security::make_credentials(given.cluster.cluster_id, security::validity::from(std::chrono::system_clock::now()))};
  members.write_controller_file(config.port);
  auto options = common_options(given);
  options.heartbeat = config.heartbeat;
  options.scheduler = config.scheduler;
  options.hwm = config.hwm;
  options.recent_tasks = config.recent_tasks;
  options.level = parse_log_level(config.log_level).value_or(options.level);
  take_shipping(options, config.shipping);
  take_limits(options, config.limits);
  options.connection_file = members.path(security::role::controller);
  options.listening = [&members](std::uint16_t port) { members.write_member_files(port); };
  return run_controller(options);
}

} // namespace

action declare_controller(CLI::App& app, setting& around) {
  auto given = std::make_shared<controller_command>();
  given->cluster.declare(app, around);
  app.add_option("--config", given->config_file, "The cluster's configuration; goes before the profile's config.json")
      ->check(CLI::ExistingFile);
  app.add_option("--host", given->host, "Address to listen on; 0.0.0.0 is every one of this host");
  app.add_option("--port", given->port, "Port to listen on; 0 is any free one");
  app.add_option("--heartbeat-ms", given->heartbeat, "Milliseconds between signs of life")
      ->check(CLI::Range(10, 3'600'000));
  app.add_option("--scheduler", given->scheduler, "How engines are chosen for load-balanced tasks")
      ->check(CLI::IsMember(schemes()));
  app.add_option("--hwm", given->hwm,
                 "Load-balanced tasks that an engine has at most; 0: as many as hide the way there")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--recent-tasks", given->recent_tasks, "Tasks that have ended and are still listed")
      ->check(CLI::Range(0, 10'000));
  app.add_option("--open-tasks", given->limits.open_tasks, "The launcher's limits.open_tasks")->group("");
  app.add_option("--open-mb", given->limits.open_mb, "The launcher's limits.open_mb")->group("");
  app.add_option("--shipping", given->shipping.enabled, "The launcher's shipping.enabled")->group("");
  app.add_option("--shipping-cache-mb", given->shipping.cache_mb, "The launcher's shipping.cache_mb")->group("");
  app.add_option("--log-level", given->log_level, "The launcher's log level")->group("");
  app.add_option("--connection", given->connection, "The launcher's connection file")->group("");
  app.add_option("--ready-fd", given->ready_fd, "Where to say that it is ready")->group("");
  app.add_option("--incarnation", given->incarnation, "How often the launcher restarted it")->group("");
  return [given] {
    ::umask(077);
    return given->connection.empty() ? run_alone(*given) : run_for_launcher(*given);
  };
}

} // namespace pactor::cli
