#include "cli/launcher.hpp"

#include "cli/probe.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/locations.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <system_error>
#include <utility>
#include <variant>

namespace pactor::cli {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr auto stop_patience = 5s;  // until what was asked to end is killed
constexpr auto host_patience = 10s; // until a start fails of which a host failed already
constexpr auto kill_patience = 2s;  // until what was killed is left alone

security::cluster_credentials fresh_credentials(const cluster_choice& cluster) {
  return security::make_credentials(cluster.cluster_id, security::validity::from(std::chrono::system_clock::now()));
}

files::pid_file take_pid_file(const launch_options& options, const log& out) {
  const auto place = options.cluster.files();
  place.create();
  auto record = files::pid_record::self();
  record.cluster_id = options.cluster.cluster_id;
  record.engines = engine_count(options.config);
  const auto path = place.pid_file(options.cluster.cluster_id);
  out.info(std::string{"Starting pactor with [daemon="} + (options.daemon ? "true]" : "false]"));
  files::pid_file taken{path, record};
  if (taken.replaced_stale()) out.info("Removing pid file of a cluster that was killed: " + path.string());
  out.info("Creating pid file: " + path.string());
  return taken;
}

std::vector<std::string> with_common(std::string command, const launch_options& options) {
  std::vector<std::string> result{std::move(command)};
  for (auto& one : options.cluster.arguments()) result.push_back(std::move(one));
  result.push_back("--log-level=" + options.config.log_level);
  return result;
}

std::vector<std::string> controller_arguments(const launch_options& options) {
  auto result = with_common("controller", options);
  result.push_back("--heartbeat-ms=" + std::to_string(options.config.heartbeat.count()));
  result.push_back("--scheduler=" + options.config.scheduler);
  result.push_back("--hwm=" + std::to_string(options.config.hwm));
  result.push_back("--recent-tasks=" + std::to_string(options.config.recent_tasks));
  result.push_back("--open-tasks=" + std::to_string(options.config.limits.open_tasks));
  result.push_back("--open-mb=" + std::to_string(options.config.limits.open_mb));
  result.push_back(std::string{"--shipping="} + (options.config.shipping.enabled ? "true" : "false"));
  result.push_back("--shipping-cache-mb=" + std::to_string(options.config.shipping.cache_mb));
  const auto file = options.cluster.files().connection_file(security::role::controller, options.cluster.cluster_id);
  result.push_back("--connection=" + file.string());
  return result;
}

/// Of every node; where it runs, and with which engines, is added for each.
std::vector<std::string> common_node_arguments(const launch_options& options) {
  auto result = with_common("", options);
  result.erase(result.begin());
  const auto& supervision = options.config.supervision;
  result.push_back("--restart-intensity=" + std::to_string(supervision.intensity));
  result.push_back("--restart-period=" + std::to_string(supervision.period.count()));
  const auto& execute = options.config.execute;
  result.push_back(std::string{"--execute="} + (execute.enabled ? "true" : "false"));
  if (!execute.compiler.empty()) result.push_back("--execute-compiler=" + execute.compiler);
  for (const auto& flag : execute.flags) result.push_back("--execute-flag=" + flag);
  result.push_back("--execute-cache-mb=" + std::to_string(execute.cache_mb));
  result.push_back("--shipping-cache-mb=" + std::to_string(options.config.shipping.cache_mb));
  return result;
}

/// What runs where. Numbers are the same at every start: a node that died comes back with the engines it had.
std::vector<launchers::order> orders_of(const launch_options& options) {
  auto all = options.config.hosts;
  if (all.empty()) {
    all.emplace_back().launcher = "local";
    all.back().engines = options.config.engines;
  }
  const auto place = options.cluster.files();
  const auto& id = options.cluster.cluster_id;
  std::vector<launchers::order> result;
  int next = 0;
  for (auto& host : all) {
    launchers::order o;
    o.arguments = common_node_arguments(options);
    for (int i = 0; i < host.engines; ++i) o.ids.push_back(next++);
    // The cluster's own libraries lie on this machine; mpiexec's hosts share its files.
    if (host.launcher == "local" || host.launcher == "mpi" || host.copy)
      for (const auto& one : options.config.jobs) host.jobs.push_back(one.string());
    o.connection_path = place.connection_file(security::role::node, id);
    o.directory = place.pid_directory();
    o.log_file = place.log_file(host.name.empty() ? "node" : "node-" + host.name, id);
    o.cluster = options.cluster.profile + (id.empty() ? "" : "-" + id);
    o.host = std::move(host);
    result.push_back(std::move(o));
  }
  return result;
}

std::filesystem::path output_file(const cluster_choice& cluster, std::string_view name) {
  return cluster.files().log_file(name, cluster.cluster_id).replace_extension(".out");
}

/// The exit status that a part ended with, if it is one of ours.
exit_status forwarded(int code) {
  const auto status = static_cast<exit_status>(code);
  switch (status) {
  case exit_status::usage:
  case exit_status::refused:
  case exit_status::timed_out:
  case exit_status::incompatible_version:
  case exit_status::system_refused:
    return status;
  default:
    return exit_status::job_failed;
  }
}

} // namespace

launcher::launcher(launch_options options, log out)
    : options_{std::move(options)}, log_{std::move(out)}, pid_file_{take_pid_file(options_, log_)},
      membership_{options_.cluster, options_.config.host, fresh_credentials(options_.cluster)},
      controller_{"controller", controller_arguments(options_), output_file(options_.cluster, "controller")},
      hosts_{orders_of(options_), options_.config.supervision.limits(), log_,
             options_.cluster.files().host_states_file(options_.cluster.cluster_id)},
      start_deadline_{steady_clock::now() + options_.timeout}, controller_restarts_{
                                                                   options_.config.supervision.limits()} {}

launcher::~launcher() {
  std::error_code ignored;
  std::filesystem::remove(options_.cluster.files().roster_file(options_.cluster.cluster_id), ignored);
  log_.info("Removing pid file: " + pid_file_.path().string());
}

int launcher::run(const std::function<void()>& started) {
  try {
    start_all();
    log_.info("Engines appear to have started successfully");
    started();
    return supervise();
  } catch (...) {
    stop();
    throw;
  }
}

void launcher::start_all() {
  log_.info("Starting controller");
  start_controller();
  start_hosts();
  await_engines();
}

void launcher::start_controller() {
  files::remove_file(options_.cluster.files().roster_file(options_.cluster.cluster_id)); // of another start
  membership_.write_controller_file(options_.config.port);
  controller_.start();
  // It says its port on a line of its own, and one byte more when clients may come.
  while (controller_.heard().find('\n') == std::string::npos || controller_.heard().ends_with('\n')) {
    await_readable(controller_.ready_fd(), "the controller does not listen");
    if (!controller_.listen()) fail_with_controller();
  }
  std::uint16_t port = 0;
  const auto& said = controller_.heard();
  std::from_chars(said.data(), said.data() + said.size(), port);
  // In case it is started again, it must be where nodes and clients look for it.
  if (options_.config.port == 0) membership_.write_controller_file(port);
  membership_.write_member_files(port);
}

void launcher::start_hosts() {
  membership_.write_engine_keys(hosts_.engines());
  hosts_.start(files::connection_file::read(membership_.path(security::role::node), security::role::node));
}

void launcher::await_engines() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(start_deadline_ - steady_clock::now());
  probe asked{options_.cluster.connection(), engine_count(options_.config), std::max(left, 1ms)};
  try {
    await_readable(asked.fd(), "the engines do not answer");
  } catch (...) {
    stop(); // else the probe would wait on
    throw;
  }
  asked.check();
  hosts_.confirm();
}

int launcher::supervise() {
  for (;;) {
    switch (wait(-1, controller_at_)) {
    case event::signal:
      log_.info("Stopping controller and engines");
      return code(stop() ? exit_status::done : exit_status::interrupted);
    case event::controller_ended:
      if (!controller_.process().wait().success()) {
        controller_died();
        break;
      }
      log_.info("The controller ended the cluster");
      stop();
      return code(exit_status::done);
    case event::hosts:
      hosts_changed();
      break;
    case event::controller_said:
      controller_said();
      break;
    case event::readable:
    case event::deadline:
      restart_controller();
      break;
    }
  }
}

void launcher::restart_controller() {
  if (!controller_at_ || *controller_at_ > steady_clock::now()) return;
  controller_at_.reset();
  log_.info("Starting the controller again");
  // Same port, same credentials: nodes and clients find it where it was.
  controller_.start({"--incarnation=" + std::to_string(++incarnation_)});
}

void launcher::controller_died() {
  const auto decision = controller_restarts_.died(steady_clock::now(), chance_);
  if (std::holds_alternative<core::give_up>(decision)) {
    log_.error("The controller ended " + std::to_string(controller_restarts_.recent()) +
               " times in a short while, giving up");
    fail_with_controller();
  }
  log_.warning("The controller ended with " + controller_.process().wait().words() +
               "; nodes and clients wait for the next one");
  const auto* later = std::get_if<core::wait>(&decision);
  controller_at_ = steady_clock::now() + (later ? std::chrono::ceil<steady_clock::duration>(later->delay) : 0s);
}

void launcher::controller_said() {
  const auto before = controller_.heard().size();
  if (controller_.listen() && before == 0) log_.info("The controller is back");
}

void launcher::hosts_changed() {
  hosts_.attend(true);
  if (hosts_.all_given_up()) fail_with_hosts();
}

void launcher::check_hosts() {
  hosts_.attend(false);
  if (hosts_.failed().empty()) return;
  // The others are waited for, so that all that is wrong is told at once; but not for long.
  const auto now = steady_clock::now();
  if (!host_failed_) host_failed_ = now;
  if (hosts_.settled() || now >= *host_failed_ + host_patience) fail_with_hosts();
}

bool launcher::any_running() { return controller_.process().running() || hosts_.any_running(); }

bool launcher::stop() {
  controller_at_.reset();
  // Clients are to hear that the cluster ends before they hear that its nodes are gone.
  constexpr int head_start = 500; // milliseconds
  if (controller_.process().signal(SIGTERM)) {
    pollfd ended{controller_.pidfd(), POLLIN, 0};
    ::poll(&ended, 1, head_start);
  }
  hosts_.stop();
  const auto deadline = steady_clock::now() + stop_patience;
  while (any_running()) {
    const auto happened = wait(-1, deadline);
    if (happened == event::hosts) hosts_.attend(false);
    if (happened == event::controller_said) controller_.listen(); // also that it can't say more
    if (happened != event::signal && happened != event::deadline) continue;
    if (controller_.process().signal(SIGKILL)) log_.warning("Killing the controller");
    hosts_.kill();
    controller_.process().wait();
    for (const auto last = steady_clock::now() + kill_patience; hosts_.any_running() && steady_clock::now() < last;) {
      const auto then = wait(-1, last);
      if (then == event::hosts) hosts_.attend(false);
      if (then == event::controller_said) controller_.listen();
    }
    return happened != event::signal;
  }
  return true;
}

launcher::event launcher::wait(int fd, std::optional<time_point> deadline) {
  std::vector<pollfd> entries;
  for (;;) {
    // While it starts, what the controller says is what is waited for.
    const int said = fd == controller_.ready_fd() ? -1 : controller_.ready_fd();
    entries = {{signals_.fd(), POLLIN, 0}, {controller_.pidfd(), POLLIN, 0}, {fd, POLLIN, 0}, {said, POLLIN, 0}};
    const auto first_host = entries.size();
    hosts_.watch(entries);
    const auto due = hosts_.due();
    const auto next = due && (!deadline || *due < *deadline) ? due : deadline;
    int limit = -1;
    if (next) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - steady_clock::now()).count();
      limit = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    }
    const int ready = ::poll(entries.data(), entries.size(), limit);
    if (ready < 0 && errno != EINTR) throw error{ec::system, "cannot wait for events"};
    if (ready < 0) continue;
    if (entries[0].revents != 0 && signals_.take()) return event::signal;
    if (entries[1].revents != 0 && controller_.process().poll()) return event::controller_ended;
    if (entries[2].revents != 0) return event::readable;
    if (entries[3].revents != 0) return event::controller_said;
    const auto now = steady_clock::now();
    const auto spoke = [](const pollfd& p) { return p.revents != 0; };
    if (std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(first_host), entries.end(), spoke) ||
        (due && *due <= now))
      return event::hosts;
    if (deadline && now >= *deadline) return event::deadline;
  }
}

void launcher::await_readable(int fd, const std::string& what) {
  for (;;) {
    const auto limit = host_failed_ ? std::min(start_deadline_, *host_failed_ + host_patience) : start_deadline_;
    switch (wait(fd, limit)) {
    case event::readable:
      return;
    case event::controller_said:
      controller_.listen();
      continue;
    case event::hosts:
      check_hosts();
      continue;
    case event::signal:
      throw exit_error{exit_status::interrupted, "interrupted before the cluster was ready"};
    case event::controller_ended:
      fail_with_controller();
    case event::deadline:
      break;
    }
    if (host_failed_) fail_with_hosts();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count();
    throw exit_error{exit_status::timed_out, what + " after " + std::to_string(seconds) + " s; see the logs in " +
                                                 options_.cluster.files().log_directory().string()};
  }
}

void launcher::fail_with_controller() {
  const auto state = controller_.process().wait();
  auto text = "the controller ended with " + state.words();
  if (const auto words = controller_.last_words(); !words.empty()) text += ": " + words;
  throw exit_error{forwarded(state.code), text};
}

void launcher::fail_with_hosts() {
  const auto failed = hosts_.failed();
  std::string text = failed.front()->failure();
  const auto& first = failed.front()->last();
  if (!failed.front()->order().host.name.empty()) {
    text = std::to_string(failed.size()) + " of " + std::to_string(hosts_.size()) + " hosts failed";
    for (const auto* one : failed) text += "\n  " + one->failure();
  }
  throw exit_error{first.reached ? forwarded(first.code) : exit_status::system_refused, text};
}

} // namespace pactor::cli
