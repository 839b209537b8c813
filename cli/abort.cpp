#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/setting.hpp"

#include <iostream>
#include <memory>

namespace pactor::cli {

namespace {

struct abort_command {
  cluster_choice cluster;
  std::vector<std::string> tasks;
  bool cancel = false, interrupt = false, kill = false;

  [[nodiscard]] end_how how() const {
    if (kill) return end_how::kill;
    if (interrupt) return end_how::interrupt;
    return cancel ? end_how::ask : end_how::abort;
  }
};

int run(const abort_command& command, setting& around) {
  const auto found = around.connect(command.cluster).cancel(command.tasks, command.how());
  std::cout << found << " of " << command.tasks.size() << " had not ended\n";
  if (found < command.tasks.size()) std::cerr << "the others have ended, or there never were such tasks\n";
  return code(found == command.tasks.size() ? exit_status::done : exit_status::job_failed);
}

} // namespace

action declare_abort(CLI::App& app, setting& around) {
  const auto command = std::make_shared<abort_command>();
  app.add_option("TASK", command->tasks, "Tasks, as `3.17`")->required();
  command->cluster.declare(app, around);
  app.add_flag("--cancel", command->cancel, "Ask those that run to end");
  app.add_flag("--interrupt", command->interrupt, "Interrupt those that run (SIGINT)");
  app.add_flag("--kill", command->kill, "Kill the workers of those that run, with their variables");
  app.footer("Tasks that have not started end in any case. Those that run go on, unless an option says otherwise.");
  return [command, &around] { return run(*command, around); };
}

} // namespace pactor::cli
