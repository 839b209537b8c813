#include "cli/cluster_choice.hpp"
#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/membership.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/pid_file.hpp"
#include "runtime/log.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/system_error.hpp"

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

namespace pactor::cli {
namespace {

struct stop_options {
  cluster_choice cluster;
  double timeout = 10;
};

/// Removes what a killed cluster left. The pid file's lock keeps a cluster out that starts at the same time.
void sweep(const cluster_choice& cluster, const log& out) {
  const auto place = cluster.files();
  const auto path = place.pid_file(cluster.cluster_id);
  const files::pid_file held{path, files::pid_record::self()};
  for (const auto& file : credential_files(cluster)) files::remove_file(file);
  files::remove_file(place.host_states_file(cluster.cluster_id));
  out.info("Removing pid file of a cluster that was killed: " + path.string());
}

/// The launcher, surely the one of the pid file and not a later process with its number. Empty if it just ended.
process::unique_fd find_launcher(const std::filesystem::path& path, const files::pid_record& record) {
  if (record.host != files::pid_record::self().host)
    throw exit_error{exit_status::system_refused, "the cluster was started on host " + record.host + "; stop it there"};
  auto launcher = process::open_pidfd(record.pid);
  const auto again = files::inspect_pid_file(path);
  if (!again || !again->running || again->record != record) launcher.reset();
  return launcher;
}

void stop_running(const stop_options& options, const files::pid_record& record, const log& out) {
  const auto path = options.cluster.files().pid_file(options.cluster.cluster_id);
  const auto launcher = find_launcher(path, record);
  out.info("Stopping " + describe(options.cluster) + ", process " + std::to_string(record.pid));
  if (launcher && !process::send_signal(launcher, SIGTERM) && errno != ESRCH)
    throw process::system_failure("cannot stop process " + std::to_string(record.pid), errno);
  const std::chrono::milliseconds limit{static_cast<std::int64_t>(options.timeout * 1000)};
  if (!process::wait_for_end(launcher, limit))
    throw exit_error{exit_status::timed_out,
                     "process " + std::to_string(record.pid) + " has not ended after " + std::to_string(limit.count()) +
                         " ms; wait longer, or end it with: kill -9 " + std::to_string(record.pid)};
  out.info("Removing pid file: " + path.string());
}

int stop(const stop_options& options) {
  const log out{{.component = "pactor stop", .show_level = false}};
  const auto path = options.cluster.files().pid_file(options.cluster.cluster_id);
  const auto state = files::inspect_pid_file(path);
  if (!state) throw exit_error{exit_status::nothing_to_stop, describe(options.cluster) + " does not run"};
  if (!state->running) {
    sweep(options.cluster, out);
    throw exit_error{exit_status::nothing_to_stop, describe(options.cluster) + " does not run: it was killed"};
  }
  if (!state->record)
    throw error{ec::system, "the pid file " + path.string() + " can't be understood, but a process holds it"};
  stop_running(options, *state->record, out);
  return 0;
}

} // namespace

action declare_stop(CLI::App& app, setting& around) {
  auto options = std::make_shared<stop_options>();
  options->cluster.declare(app, around);
  app.add_option("--timeout", options->timeout, "Seconds to wait for the end")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return [options] { return stop(*options); };
}

} // namespace pactor::cli
