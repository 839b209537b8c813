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
  std::vector<async_result<value>> results;
  for (const auto& task : command.tasks) results.push_back(c.get_result(task));
  std::vector<entry> entries;
  for (const auto& r : results) {
    if (!command.call.await(r)) throw timeout_error{r.job() + " is not done yet"};
    auto each = r.get_or_errors();
    entries.push_back({r.engine_ids().at(0), std::move(each.at(0))});
  }
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
