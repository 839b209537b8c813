#include "cli/commands.hpp"
#include "cli/configured.hpp"
#include "cli/exit_status.hpp"
#include "cli/launcher.hpp"
#include "runtime/core/placement.hpp"
#include "runtime/process/daemon.hpp"
#include "runtime/process/processors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace pactor::cli {
namespace {

struct start_options {
  cluster_choice cluster;
  std::string config_file;
  std::vector<std::string> jobs;
  std::optional<int> engines;
  std::optional<std::uint16_t> port;
  std::optional<std::string> scheduler;
  std::optional<std::size_t> hwm;
  double timeout = 30;
  bool daemonize = false;
};

bool loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

/// What only a start can tell: each option is sound.
void check_hosts(const files::config& config, const start_options& options) {
  if (config.hosts.empty()) return;
  if (options.engines)
    throw exit_error{exit_status::usage, "-n is for a cluster on this machine; the configuration names " +
                                             std::to_string(config.hosts.size()) + " hosts with engines of their own"};
  if (!loopback(config.host)) return;
  for (const auto& host : config.hosts)
    if (host.launcher != "local" && host.launcher != "mpi" && !host.tunnel) // mpiexec may stay on this machine
      throw exit_error{exit_status::usage, host.name + " can't reach the controller, which listens on " + config.host +
                                               " only: set \"host\" to an address of this machine (0.0.0.0 is every "
                                               "one), or carry its port through ssh with \"tunnel\": true"};
}

/// What is given on the command line is the last layer.
files::config effective_config(const start_options& options) {
  auto layers = configured(options.cluster, options.config_file);
  if (options.engines) layers.set("engines", *options.engines, "--engines");
  if (options.port) layers.set("port", *options.port, "--port");
  if (options.scheduler) layers.set("scheduler", *options.scheduler, "--scheduler");
  if (options.hwm) layers.set("hwm", *options.hwm, "--hwm");
  layers.check();
  auto config = layers.values();
  check_hosts(config, options);
  if (config.engines == 0) config.engines = static_cast<int>(process::usable_processors());
  // Absolute, since a daemon is elsewhere.
  for (const auto& one : options.jobs) config.jobs.push_back(std::filesystem::absolute(one).lexically_normal());
  return config;
}

launch_options launch_options_of(const start_options& options) {
  launch_options result;
  result.cluster = options.cluster;
  result.config = effective_config(options);
  result.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(options.timeout * 1000)};
  result.daemon = options.daemonize;
  return result;
}

log_level level_of(const files::config& config) { return parse_log_level(config.log_level).value_or(log_level::info); }

int run_in_foreground(launch_options options) {
  const log out{{.component = "pactor start", .level = level_of(options.config), .show_level = false}};
  launcher cluster{std::move(options), out};
  return cluster.run([] {});
}

int run_in_background(launch_options options) {
  const auto place = options.cluster.files();
  place.create();
  const auto file = place.log_file("start", options.cluster.cluster_id);
  auto line = process::daemonize(file);
  const log out{{.component = "pactor start", .file = file, .level = level_of(options.config)}};
  try {
    const auto n = files::engine_count(options.config);
    const auto text = std::to_string(n) + (n == 1 ? " engine" : " engines") +
                      " started successfully, in the background as process " + std::to_string(::getpid()) +
                      "; log: " + file.string() + "\n";
    launcher cluster{std::move(options), out};
    return cluster.run([&] { line.report(code(exit_status::done), text); });
  } catch (const std::exception& e) {
    const auto [status, text] = verdict_of(e);
    out.error(text);
    line.report(code(status), "pactor start: " + text + "\n");
    return code(status);
  }
}

int start(const start_options& options) {
  ::umask(077);
  ::signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler): ssh may end while it is told something
  auto launch = launch_options_of(options);
  return options.daemonize ? run_in_background(std::move(launch)) : run_in_foreground(std::move(launch));
}

} // namespace

action declare_start(CLI::App& app, setting& around) {
  auto options = std::make_shared<start_options>();
  options->cluster.declare(app, around);
  app.add_option("-n,--engines", options->engines,
                 "Number of engines; by default one for each processor that it may use")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--config", options->config_file, "The cluster's configuration; goes before the profile's config.json")
      ->check(CLI::ExistingFile);
  app.add_option("--jobs", options->jobs, "Directory with job libraries; may be given several times")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  app.add_option("--port", options->port, "Port of the controller; 0 is any free one");
  app.add_option("--scheduler", options->scheduler, "How engines are chosen for load-balanced tasks")
      ->check(CLI::IsMember(std::vector<std::string>{core::scheme_names.begin(), core::scheme_names.end()}));
  app.add_option("--hwm", options->hwm,
                 "Load-balanced tasks that an engine has at most; 0: as many as hide the way there")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--timeout", options->timeout, "Seconds until every engine must answer")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--daemonize", options->daemonize, "Go into the background once every engine answers");
  return [options] { return start(*options); };
}

} // namespace pactor::cli
