#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/json.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>
#include <memory>

namespace pactor::cli {

namespace {

struct tasks_command {
  cluster_choice cluster;
  std::string targets;
  bool as_json = false, only_open = false;
};

/// `2026-02-28T12:00:00Z`; "" for the epoch
std::string text_of(listed_task::time_point time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  if (seconds == 0) return "";
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void print_json(const task_list& list) {
  auto all = json::array();
  for (const auto& t : list.tasks)
    all.push_back({{"id", t.id},
                   {"job", t.job},
                   {"label", t.label},
                   {"engine", t.engine},
                   {"state", t.state},
                   {"kept", t.kept},
                   {"submitted", text_of(t.submitted)},
                   {"started", text_of(t.started)},
                   {"completed", text_of(t.completed)}});
  std::cout << to_line(json{{"tasks", std::move(all)}, {"forgotten", list.forgotten}, {"unlisted", list.unlisted}})
            << '\n';
}

void print_table(const task_list& list) {
  table text{{"TASK", "JOB", "LABEL", "ENGINE", "STATE", "KEPT", "SUBMITTED", "STARTED", "COMPLETED"}};
  const auto or_dash = [](const std::string& x) { return x.empty() ? "-" : x; };
  for (const auto& t : list.tasks)
    text.add({t.id, or_dash(t.job), or_dash(t.label), t.engine < 0 ? "-" : std::to_string(t.engine), t.state,
              t.kept ? "yes" : "-", or_dash(text_of(t.submitted)), or_dash(text_of(t.started)),
              or_dash(text_of(t.completed))});
  text.print(std::cout, colour_wanted());
  if (list.unlisted > 0) std::cerr << list.unlisted << " more have not ended\n";
  if (list.forgotten > 0) std::cerr << list.forgotten << " older ones that were kept are forgotten\n";
}

} // namespace

action declare_tasks(CLI::App& app, setting& around) {
  const auto command = std::make_shared<tasks_command>();
  command->cluster.declare(app, around);
  app.add_flag("--open", command->only_open, "Only those that have not ended");
  app.add_option("-t,--targets", command->targets, "Only those of these engines: 0, -1, 1,3, 1:3, ::2 or all");
  app.add_flag("--json", command->as_json, "Print JSON");
  return [command, &around] {
    const auto c = around.connect(command->cluster);
    auto list = c.tasks();
    if (!command->targets.empty())
      std::erase_if(list.tasks, [of = c.direct_view(command->targets).targets()](const listed_task& t) {
        return std::ranges::find(of, t.engine) == of.end();
      });
    if (command->only_open)
      std::erase_if(list.tasks, [](const listed_task& t) { return t.state != "pending" && t.state != "assigned"; });
    command->as_json ? print_json(list) : print_table(list);
    return code(exit_status::done);
  };
}

} // namespace pactor::cli
