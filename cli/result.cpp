#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

struct result_command {
  call_options call;
  std::vector<std::string> tasks;
};

/// The tasks of the client that submitted last: of the last command with --no-block.
std::vector<std::string> last_tasks(const client& c) {
  auto list = c.tasks().tasks;
  std::erase_if(list, [](const listed_task& t) { return !t.kept; });
  if (list.empty())
    throw exit_error{exit_status::job_failed, "no task is kept: submit one with pactor apply --no-block"};
  const auto client_of = [](const listed_task& t) { return t.id.substr(0, t.id.find('.')); };
  std::vector<std::string> ids;
  for (const auto& t : list)
    if (client_of(t) == client_of(list.back())) ids.push_back(t.id);
  return ids;
}

int run(result_command& command, const setting& around) {
  const auto c = command.call.connect();
  if (command.tasks.empty()) command.tasks = around.last_left();
  if (command.tasks.empty()) command.tasks = last_tasks(c);
  std::vector<entry> entries;
  for (auto& [engine, result] : command.call.fetch<value>(c, command.tasks))
    entries.push_back({engine, std::move(result)});
  return command.call.as_json ? print_json(entries) : print_lines(entries);
}

} // namespace

action declare_result(CLI::App& app, setting& around) {
  const auto command = std::make_shared<result_command>();
  app.add_option("TASK", command->tasks,
                 "Tasks, as `pactor apply --no-block` printed them; those of the last such command if none is given");
  command->call.declare_waiting(app, around);
  return [command, &around] { return run(*command, around); };
}

} // namespace pactor::cli
