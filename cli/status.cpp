#include "cli/commands.hpp"
#include "cli/credentials.hpp"
#include "cli/invoke.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace pactor::cli {
namespace {

struct status_options {
  cluster_choice cluster;
  bool json = false;
  double timeout = 10;
};

void print_json(const cluster_status& status, const std::string& profile, const std::vector<std::string>& warnings) {
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
                                   {"engines", std::move(engines)},
                                   {"warnings", warnings}};
  std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_table(const cluster_status& status, const std::string& name) {
  std::cout << name << ": pactor " << status.version << ", controller " << status.address << " (process "
            << status.controller_pid
            << (status.controller_restarts > 0 ? ", restarted " + std::to_string(status.controller_restarts) + "x" : "")
            << "), " << status.engines.size() << " engines, " << status.clients - 1 << " other clients, "
            << status.unassigned << " unassigned tasks\n";
  table text{{"ENGINE", "HOST", "PID", "STATE", "QUEUED", "COMPLETED", "RESTARTS", "LAST LOSS"}};
  for (const auto& e : status.engines)
    text.add({std::to_string(e.id), e.host, std::to_string(e.pid), e.state, std::to_string(e.queued),
              std::to_string(e.completed), std::to_string(e.restarts), e.last_loss.empty() ? "-" : e.last_loss});
  text.print(std::cout, colour_wanted());
}

int show(const status_options& options, setting& around) {
  const auto status = around.connect(options.cluster, seconds{options.timeout}).status();
  const auto warnings = credential_warnings(options.cluster);
  if (options.json) {
    print_json(status, options.cluster.profile, warnings);
    return 0;
  }
  print_table(status, describe(options.cluster));
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
