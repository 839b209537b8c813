#include "cli/commands.hpp"
#include "cli/credentials.hpp"
#include "cli/invoke.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"
#include "runtime/files/host_states.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli {
namespace {

struct status_options {
  cluster_choice cluster;
  bool json = false;
  double timeout = 10;
};

using host_states = std::vector<files::host_state>;

std::string_view phase_of(const files::host_state& host) {
  return files::host_state::phase_names[static_cast<std::size_t>(host.now)];
}

/// `0-3`, `4`, `0,2`: as they stand in a configuration.
std::string numbers(const std::vector<int>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size();) {
    auto last = i;
    while (last + 1 < ids.size() && ids[last + 1] == ids[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(ids[i]);
    if (last > i) text += "-" + std::to_string(ids[last]);
    i = last + 1;
  }
  return text;
}

/// How many of a host's engines are in the cluster now.
std::size_t present(const files::host_state& host, const cluster_status& status) {
  return static_cast<std::size_t>(std::count_if(host.engines.begin(), host.engines.end(), [&](int id) {
    return std::any_of(status.engines.begin(), status.engines.end(), [id](const auto& e) { return e.id == id; });
  }));
}

nlohmann::ordered_json hosts_json(const host_states& hosts, const cluster_status& status) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& h : hosts)
    list.push_back({{"name", h.name},
                    {"launcher", h.launcher},
                    {"state", phase_of(h)},
                    {"engines", h.engines},
                    {"present", present(h, status)},
                    {"restarts", h.restarts},
                    {"last_end", h.words}});
  return list;
}

void print_json(const cluster_status& status, const host_states& hosts, const std::string& profile,
                const std::vector<std::string>& warnings) {
  auto engines = nlohmann::ordered_json::array();
  for (const auto& e : status.engines)
    engines.push_back({{"id", e.id},
                       {"host", e.host},
                       {"pid", e.pid},
                       {"state", e.state},
                       {"queued", e.queued},
                       {"completed", e.completed},
                       {"restarts", e.restarts},
                       {"last_loss", e.last_loss}});
  const nlohmann::ordered_json all{{"profile", profile},
                                   {"cluster_id", status.cluster_id},
                                   {"version", status.version},
                                   {"address", status.address},
                                   {"controller_pid", status.controller_pid},
                                   {"controller_restarts", status.controller_restarts},
                                   {"clients", status.clients},
                                   {"unassigned", status.unassigned},
                                   {"hosts", hosts_json(hosts, status)},
                                   {"engines", std::move(engines)},
                                   {"warnings", warnings}};
  std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_hosts(const host_states& hosts, const cluster_status& status) {
  if (hosts.empty()) return;
  table text{{"HOST", "LAUNCHER", "STATE", "ENGINES", "PRESENT", "RESTARTS", "LAST END"}};
  for (const auto& h : hosts)
    text.add({h.name, h.launcher, std::string{phase_of(h)}, numbers(h.engines), std::to_string(present(h, status)),
              std::to_string(h.restarts), h.words.empty() ? "-" : h.words.substr(0, h.words.find('\n'))});
  text.print(std::cout, colour_wanted());
}

void print_table(const cluster_status& status, const host_states& hosts, const std::string& name) {
  std::cout << name << ": pactor " << status.version << ", controller " << status.address << " (process "
            << status.controller_pid
            << (status.controller_restarts > 0 ? ", restarted " + std::to_string(status.controller_restarts) + "x" : "")
            << "), " << status.engines.size() << " engines, " << status.clients - 1 << " other clients, "
            << status.unassigned << " unassigned tasks\n";
  print_hosts(hosts, status);
  table text{{"ENGINE", "HOST", "PID", "STATE", "QUEUED", "COMPLETED", "RESTARTS", "LAST LOSS"}};
  for (const auto& e : status.engines)
    text.add({std::to_string(e.id), e.host, std::to_string(e.pid), e.state, std::to_string(e.queued),
              std::to_string(e.completed), std::to_string(e.restarts), e.last_loss.empty() ? "-" : e.last_loss});
  text.print(std::cout, colour_wanted());
}

int show(const status_options& options, setting& around) {
  const auto status = around.connect(options.cluster, seconds{options.timeout}).status();
  // The supervisor writes it, on the machine where the cluster was started.
  const auto hosts = files::read_host_states(options.cluster.files().host_states_file(options.cluster.cluster_id));
  const auto warnings = credential_warnings(options.cluster);
  if (options.json) {
    print_json(status, hosts, options.cluster.profile, warnings);
    return 0;
  }
  print_table(status, hosts, describe(options.cluster));
  for (const auto& one : warnings) tell("pactor status", "warning: " + one);
  return 0;
}

} // namespace

action declare_status(CLI::App& app, setting& around) {
  auto options = std::make_shared<status_options>();
  options->cluster.declare(app, around);
  app.add_flag("--json", options->json, "Print JSON");
  if (!around.cluster())
    app.add_option("--timeout", options->timeout, "Seconds to wait for the controller")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
  return [options, &around] { return show(*options, around); };
}

} // namespace pactor::cli
