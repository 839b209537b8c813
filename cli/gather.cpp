#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

struct gather_command {
  call_options call;
  std::string name;
  gather_options how;
};

} // namespace

action declare_gather(CLI::App& app, setting& around) {
  const auto command = std::make_shared<gather_command>();
  app.add_option("NAME", command->name, "Name of the variable")->required();
  command->call.declare_direct(app, around);
  app.add_flag_callback(
      "--round-robin", [command] { command->how.distribution = distribution::round_robin; },
      "It was scattered with --round-robin");
  app.footer("The parts in the order of the engines, put together, as one JSON list; with --json each engine's part.");
  return [command] {
    const auto c = command->call.connect();
    const auto view = c[targets{command->call.targets}].with(command->call.tasks());
    const auto result = view.gather_async(command->name, command->how);
    if (command->call.leave(c, result)) return code(exit_status::done);
    command->call.wait_for(c, result, true);
    if (command->call.as_json) return print_json(entries_of(result));
    if (!result.successful()) return print_nothing(entries_of(result));
    std::cout << to_line(to_json(result.get())) << '\n';
    return code(exit_status::done);
  };
}

} // namespace pactor::cli
