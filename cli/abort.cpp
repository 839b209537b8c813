#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/json.hpp"
#include "cli/setting.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pactor::cli {

namespace {

struct abort_command {
  cluster_choice cluster;
  std::vector<std::string> tasks;
  std::string targets;
  bool cancel = false, interrupt = false, kill = false, as_json = false;

  [[nodiscard]] end_how how() const {
    if (kill) return end_how::kill;
    if (interrupt) return end_how::interrupt;
    return cancel ? end_how::ask : end_how::abort;
  }
};

void print(const abort_command& command, const std::vector<std::string>& tasks, std::size_t found) {
  if (command.as_json)
    std::cout << to_line(json{{"tasks", tasks}, {"had_not_ended", found}}) << '\n';
  else
    std::cout << found << " of " << tasks.size() << " had not ended\n";
}

/// Open tasks that engines have.
std::vector<std::string> tasks_at(const std::vector<int>& engines, const task_list& list) {
  std::vector<std::string> all;
  for (const auto& t : list.tasks)
    if (t.state == "assigned" && std::ranges::find(engines, t.engine) != engines.end()) all.push_back(t.id);
  return all;
}

/// What engines have. A list may not hold all, so that it is looked again as long as there are others.
int run_for_engines(const abort_command& command, const client& c) {
  const auto engines = c.direct_view(command.targets).targets();
  std::vector<std::string> all;
  std::set<std::string> known;
  std::size_t found = 0;
  std::uint64_t unlisted = 0;
  for (bool more = true; more;) {
    const auto list = c.tasks();
    auto tasks = tasks_at(engines, list);
    std::erase_if(tasks, [&](const std::string& t) { return !known.insert(t).second; });
    if (!tasks.empty()) found += c.cancel(tasks, command.how());
    all.insert(all.end(), tasks.begin(), tasks.end());
    unlisted = list.unlisted;
    more = unlisted > 0 && !tasks.empty();
  }
  print(command, all, found);
  if (unlisted > 0) {
    std::cerr << unlisted << " more tasks have not ended and could not be looked at; these engines may have some of "
              << "them: try again later\n";
    return code(exit_status::job_failed);
  }
  return code(exit_status::done); // some may have ended meanwhile
}

int run(const abort_command& command, setting& around) {
  if (command.tasks.empty() == command.targets.empty())
    throw exit_error{exit_status::usage, "which tasks? Name them, or with --targets the engines that have them"};
  const auto c = around.connect(command.cluster);
  if (!command.targets.empty()) return run_for_engines(command, c);
  const auto found = c.cancel(command.tasks, command.how());
  print(command, command.tasks, found);
  if (found < command.tasks.size()) std::cerr << "the others have ended, or there never were such tasks\n";
  return code(found == command.tasks.size() ? exit_status::done : exit_status::job_failed);
}

} // namespace

action declare_abort(CLI::App& app, setting& around) {
  const auto command = std::make_shared<abort_command>();
  app.add_option("TASK", command->tasks, "Tasks, as `3.17`");
  app.add_option("-t,--targets", command->targets, "Or all that these engines have: 0, -1, 1,3, 1:3, ::2 or all");
  command->cluster.declare(app, around);
  app.add_flag("--cancel", command->cancel, "Ask those that run to end");
  app.add_flag("--interrupt", command->interrupt, "Interrupt those that run (SIGINT)");
  app.add_flag("--kill", command->kill, "Kill the workers of those that run, with their variables");
  app.add_flag("--json", command->as_json, "Print JSON");
  app.footer("Tasks that have not started end in any case. Those that run go on, unless an option says otherwise.");
  return [command, &around] { return run(*command, around); };
}

} // namespace pactor::cli
