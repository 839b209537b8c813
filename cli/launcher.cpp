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

constexpr auto stop_patience = 5s;

security::cluster_credentials fresh_credentials(const cluster_choice& cluster) {
  return security::make_credentials(cluster.cluster_id, security::validity::from(std::chrono::system_clock::now()));
}

files::pid_file take_pid_file(const launch_options& options, const log& out) {
  const auto place = options.cluster.files();
  place.create();
  auto record = files::pid_record::self();
  record.cluster_id = options.cluster.cluster_id;
  record.engines = options.config.engines;
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
  result.push_back(std::string{"--shipping="} + (options.config.shipping.enabled ? "true" : "false"));
  result.push_back("--shipping-cache-mb=" + std::to_string(options.config.shipping.cache_mb));
  const auto file = options.cluster.files().connection_file(security::role::controller, options.cluster.cluster_id);
  result.push_back("--connection=" + file.string());
  return result;
}

std::vector<std::string> node_arguments(const launch_options& options) {
  auto result = with_common("node", options);
  const auto n = options.config.engines;
  result.push_back("-n" + std::to_string(n));
  // The same numbers at every start: a node that died comes back with the engines it had.
  std::string ids = "0";
  for (int i = 1; i < n; ++i) ids += "," + std::to_string(i);
  result.push_back("--ids=" + ids);
  for (const auto& directory : options.config.jobs) result.push_back("--jobs=" + directory.string());
  const auto& execute = options.config.execute;
  result.push_back(std::string{"--execute="} + (execute.enabled ? "true" : "false"));
  if (!execute.compiler.empty()) result.push_back("--execute-compiler=" + execute.compiler);
  for (const auto& flag : execute.flags) result.push_back("--execute-flag=" + flag);
  result.push_back("--execute-cache-mb=" + std::to_string(execute.cache_mb));
  result.push_back("--shipping-cache-mb=" + std::to_string(options.config.shipping.cache_mb));
  return result;
}

std::filesystem::path output_file(const cluster_choice& cluster, std::string_view name) {
  return cluster.files().log_file(name, cluster.cluster_id).replace_extension(".out");
}

std::string engines_text(int n) { return std::to_string(n) + (n == 1 ? " engine" : " engines"); }

/// The exit status that a part ended with, if it is one of ours.
exit_status forwarded(const process::exit_state& state) {
  const auto status = static_cast<exit_status>(state.code);
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
      node_{"node", node_arguments(options_), output_file(options_.cluster, "node")},
      start_deadline_{steady_clock::now() + options_.timeout} {}

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
  log_.info("Starting " + engines_text(options_.config.engines));
  start_node();
  await_engines();
}

void launcher::start_controller() {
  files::remove_file(options_.cluster.files().roster_file(options_.cluster.cluster_id)); // of another start
  membership_.write_controller_file(options_.config.port);
  controller_.start();
  // It says its port on a line of its own, and one byte more when clients may come.
  while (controller_.heard().find('\n') == std::string::npos || controller_.heard().ends_with('\n')) {
    await_readable(controller_.ready_fd(), "the controller does not listen");
    if (!controller_.listen()) fail_with(controller_);
  }
  std::uint16_t port = 0;
  const auto& said = controller_.heard();
  std::from_chars(said.data(), said.data() + said.size(), port);
  membership_.write_member_files(port);
  // In case it is started again, it must be where nodes and clients look for it.
  if (options_.config.port == 0) membership_.write_controller_file(port);
}

void launcher::start_node() {
  node_at_.reset();
  node_.start();
}

void launcher::await_engines() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(start_deadline_ - steady_clock::now());
  probe asked{options_.cluster.connection(), options_.config.engines, std::max(left, 1ms)};
  try {
    await_readable(asked.fd(), "the engines do not answer");
  } catch (...) {
    stop(); // else the probe would wait on
    throw;
  }
  asked.check();
}

int launcher::supervise() {
  for (;;) {
    switch (wait(node_.ready_fd(), next_restart())) {
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
    case event::node_ended:
      node_died();
      break;
    case event::readable:
      node_said();
      break;
    case event::controller_said:
      controller_said();
      break;
    case event::deadline:
      restart_due();
      break;
    }
  }
}

std::optional<launcher::time_point> launcher::next_restart() const {
  if (!node_at_ || !controller_at_) return node_at_ ? node_at_ : controller_at_;
  return std::min(*node_at_, *controller_at_);
}

void launcher::restart_due() {
  const auto now = steady_clock::now();
  if (controller_at_ && *controller_at_ <= now) {
    controller_at_.reset();
    log_.info("Starting the controller again");
    // Same port, same credentials: nodes and clients find it where it was.
    controller_.start({"--incarnation=" + std::to_string(++incarnation_)});
  }
  if (node_at_ && *node_at_ <= now) {
    log_.info("Starting " + engines_text(options_.config.engines) + " again");
    start_node();
  }
}

launcher::time_point launcher::after_death(part& died, core::restart_policy& policy, const std::string& words) {
  const auto now = steady_clock::now();
  const auto decision = policy.died(now, chance_);
  if (std::holds_alternative<core::give_up>(decision)) {
    log_.error("The " + died.name() + " ended " + std::to_string(policy.recent()) +
               " times in a short while, giving up");
    fail_with(died);
  }
  log_.warning("The " + died.name() + " ended with " + words);
  const auto* later = std::get_if<core::wait>(&decision);
  return later ? now + std::chrono::ceil<steady_clock::duration>(later->delay) : now;
}

void launcher::controller_died() {
  const auto words = controller_.process().wait().words();
  controller_at_ = after_death(controller_, controller_restarts_, words + "; nodes and clients wait for the next one");
}

void launcher::controller_said() {
  const auto before = controller_.heard().size();
  if (controller_.listen() && before == 0) log_.info("The controller is back");
}

void launcher::node_died() {
  const auto state = node_.process().poll().value_or(process::exit_state{});
  if (state.success()) {
    log_.info("The node ended: its engines were shut down");
    return;
  }
  node_at_ = after_death(node_, node_restarts_, state.words() + "; its engines start again with empty namespaces");
}

void launcher::node_said() {
  const bool silent_before = node_.heard().empty();
  if (node_.listen() && silent_before && node_restarts_.recent() > 0)
    log_.info("The node is back with " + engines_text(options_.config.engines));
}

bool launcher::stop() {
  node_at_.reset();
  controller_at_.reset();
  const std::array parts{&node_, &controller_};
  const auto any_running = [&parts] {
    return std::any_of(parts.begin(), parts.end(), [](part* p) { return p->process().running(); });
  };
  for (auto* p : parts) p->process().signal(SIGTERM);
  const auto deadline = steady_clock::now() + stop_patience;
  while (any_running()) {
    const auto happened = wait(-1, deadline);
    if (happened != event::signal && happened != event::deadline) continue;
    for (auto* p : parts)
      if (p->process().signal(SIGKILL)) log_.warning("Killing the " + p->name());
    for (auto* p : parts) p->process().wait();
    return happened != event::signal;
  }
  return true;
}

launcher::event launcher::wait(int fd, std::optional<time_point> deadline) {
  for (;;) {
    // While it starts, what the controller says is what is waited for.
    const int said = fd == node_.ready_fd() ? controller_.ready_fd() : -1;
    std::array<pollfd, 5> entries{{{signals_.fd(), POLLIN, 0},
                                   {controller_.pidfd(), POLLIN, 0},
                                   {node_.pidfd(), POLLIN, 0},
                                   {fd, POLLIN, 0},
                                   {said, POLLIN, 0}}};
    int limit = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_clock::now()).count();
      limit = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    }
    const int ready = ::poll(entries.data(), entries.size(), limit);
    if (ready < 0 && errno != EINTR) throw error{ec::system, "cannot wait for events"};
    if (ready < 0) continue;
    if (entries[0].revents != 0 && signals_.take()) return event::signal;
    if (entries[1].revents != 0 && controller_.process().poll()) return event::controller_ended;
    if (entries[2].revents != 0 && node_.process().poll()) return event::node_ended;
    if (entries[3].revents != 0) return event::readable;
    if (entries[4].revents != 0) return event::controller_said;
    if (ready == 0 && deadline && steady_clock::now() >= *deadline) return event::deadline;
  }
}

void launcher::await_readable(int fd, const std::string& what) {
  switch (wait(fd, start_deadline_)) {
  case event::readable:
  case event::controller_said:
    return;
  case event::signal:
    throw exit_error{exit_status::interrupted, "interrupted before the cluster was ready"};
  case event::controller_ended:
    fail_with(controller_);
  case event::node_ended:
    fail_with(node_);
  case event::deadline:
    break;
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count();
  throw exit_error{exit_status::timed_out, what + " after " + std::to_string(seconds) + " s; see the logs in " +
                                               options_.cluster.files().log_directory().string()};
}

void launcher::fail_with(part& ended) {
  const auto state = ended.process().wait();
  auto text = "the " + ended.name() + " ended with " + state.words();
  if (const auto words = ended.last_words(); !words.empty()) text += ": " + words;
  throw exit_error{forwarded(state), text};
}

} // namespace pactor::cli
