#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/json.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>

namespace pactor::cli {

namespace {

struct engines_command {
  cluster_choice cluster;
  std::string targets = "all", signal, host;
  int count = 1;
  double timeout = 0;
  bool as_json = false;
};

/// 10, `10`, `USR1`, `SIGUSR1`
int signal_number(std::string_view text) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault == std::errc{} && end == text.data() + text.size()) return number;
  const auto name = text.starts_with("SIG") ? text.substr(3) : text;
  for (number = 1; number < NSIG; ++number)
    if (const char* known = ::sigabbrev_np(number); known && name == known) return number;
  throw exit_error{exit_status::usage, "there is no signal " + std::string{text}};
}

int list(const engines_command& command, setting& around) {
  const auto c = around.connect(command.cluster);
  const auto wanted = c.direct_view(command.targets).targets();
  auto all = json::array();
  table text{{"ENGINE", "HOST", "PID", "STATE", "QUEUED"}};
  for (const auto& e : c.status().engines) {
    if (std::ranges::find(wanted, e.id) == wanted.end()) continue;
    all.push_back({{"id", e.id}, {"host", e.host}, {"pid", e.pid}, {"state", e.state}, {"queued", e.queued}});
    text.add({std::to_string(e.id), e.host, std::to_string(e.pid), e.state, std::to_string(e.queued)});
  }
  if (command.as_json)
    std::cout << to_line(all) << '\n';
  else
    text.print(std::cout, colour_wanted());
  return code(exit_status::done);
}

direct_view chosen(const engines_command& command, setting& around) {
  const auto c = around.connect(command.cluster);
  return command.host.empty() ? c.direct_view(command.targets) : c.direct_view(targets{c.engines_of(command.host)});
}

int start(const engines_command& command, setting& around) {
  const auto c = around.connect(command.cluster);
  const auto engines = c.start_engines(command.host, command.count);
  if (command.as_json) {
    std::cout << to_line(json(engines)) << '\n';
    return code(exit_status::done);
  }
  std::cout << "starting on " << command.host << ":";
  for (const auto e : engines) std::cout << ' ' << e;
  std::cout << '\n';
  return code(exit_status::done);
}

int drain(const engines_command& command, setting& around) {
  const auto c = around.connect(command.cluster);
  const auto engines = c.drain(command.host, command.timeout > 0 ? seconds{command.timeout} : no_limit);
  std::cout << command.host << " has left, with " << engines.size() << (engines.size() == 1 ? " engine" : " engines")
            << '\n';
  return code(exit_status::done);
}

/// Adds a subcommand, with the options that all have.
CLI::App* add(CLI::App& app, engines_command& command, const setting& around, const char* name, const char* help) {
  auto* sub = app.add_subcommand(name, help);
  command.cluster.declare(*sub, around);
  return sub;
}

constexpr auto drain_help = "Have a host leave once its tasks have ended; its engines get no new ones";

void declare_drain_options(CLI::App& app, engines_command& command) {
  app.add_option("--timeout", command.timeout, "Seconds; then it leaves in any case, and what runs there is lost")
      ->check(CLI::PositiveNumber);
  app.footer("Load-balanced tasks that have not started run elsewhere. Variables of its engines are lost.");
}

void declare_targets(CLI::App& app, engines_command& command) {
  app.add_option("-t,--targets", command.targets, "Engines: 0, -1, 1,3, 1:3, ::2 or all")->capture_default_str();
}

} // namespace

action declare_engines(CLI::App& app, setting& around) {
  const auto command = std::make_shared<engines_command>();
  command->cluster.declare(app, around);
  command->targets = around.defaults().targets;
  declare_targets(app, *command);
  app.add_flag("--json", command->as_json, "Print the list as JSON");
  app.require_subcommand(0, 1);
  auto* list_them = add(app, *command, around, "list", "List engines, as without a subcommand");
  declare_targets(*list_them, *command);
  list_them->add_flag("--json", command->as_json, "Print the list as JSON");
  auto* more = add(app, *command, around, "start", "Start further engines on a host of the cluster");
  more->add_option("-n,--engines", command->count, "How many")->check(CLI::Range(1, 10'000))->capture_default_str();
  more->add_option("--host", command->host, "The host, as the list names it")->required();
  more->add_flag("--json", command->as_json, "Print their numbers as JSON");
  auto* leave = add(app, *command, around, "drain", drain_help);
  leave->add_option("--host", command->host, "The host, as the list names it")->required();
  declare_drain_options(*leave, *command);
  auto* restart = add(app, *command, around, "restart", "Give engines new workers, with no variables");
  declare_targets(*restart, *command);
  auto* stop = add(app, *command, around, "stop", "End engines for good");
  auto* which = stop->add_option_group("which");
  which->add_option("-t,--targets", command->targets, "Engines: 0, -1, 1,3, 1:3, ::2 or all");
  which->add_option("--host", command->host, "All of a host; its node ends too");
  which->require_option(1);
  auto* signal = add(app, *command, around, "signal", "Send a signal to the engines' workers");
  signal->add_option("SIGNAL", command->signal, "INT, USR1, 10, ...")->required();
  declare_targets(*signal, *command);
  return [command, more, leave, restart, stop, signal, &around] {
    if (more->parsed()) return start(*command, around);
    if (leave->parsed()) return drain(*command, around);
    if (restart->parsed())
      chosen(*command, around).restart();
    else if (stop->parsed())
      chosen(*command, around).shutdown();
    else if (signal->parsed())
      chosen(*command, around).signal(signal_number(command->signal));
    else
      return list(*command, around);
    return code(exit_status::done);
  };
}

action declare_drain(CLI::App& app, setting& around) {
  const auto command = std::make_shared<engines_command>();
  command->cluster.declare(app, around);
  app.add_option("HOST", command->host, "The host, as `pactor engines` names it")->required();
  declare_drain_options(app, *command);
  return [command, &around] { return drain(*command, around); };
}

} // namespace pactor::cli
