#include "cli/commands.hpp"

#include "cli/credentials.hpp"

#include <algorithm>
#include <array>

namespace pactor::cli {

std::span<const command> commands() {
  static constexpr std::array table{
      command{"start", "Start a cluster: a controller and engines", &declare_start, false},
      command{"stop", "Stop a cluster", &declare_stop},
      command{"status", "Show the engines of a cluster", &declare_status},
      command{"list", "List the clusters of all profiles", &declare_list},
      command{"controller", "Run a controller only", &declare_controller, false},
      command{"node", "Run engines only, for a controller that runs already", &declare_node, false},
      command{"config", "Show what is configured, check a configuration file", &declare_config},
      command{"credentials", "Make, revoke and replace certificates of a running cluster", &declare_credentials},
      command{"jobs", "List the jobs that the cluster knows, send libraries", &declare_jobs},
      command{"apply", "Run a job on every engine", &declare_apply},
      command{"map", "Run a job once for each element of a sequence", &declare_map},
      command{"px", "Run C++ on every engine", &declare_px},
      command{"pxresult", "Show what C++ that did not block has given", &declare_pxresult},
      command{"import", "Have the engines load a job library", &declare_import},
      command{"shell", "Type C++ and commands for a cluster", &declare_shell, false},
      command{"tasks", "List the tasks that have not ended, and those that ended last", &declare_tasks},
      command{"result", "Show the result of a task that did not block", &declare_result},
      command{"abort", "End tasks", &declare_abort},
      command{"engines", "List engines, start, restart or end them, send them a signal", &declare_engines},
      command{"drain", "Have a host leave the cluster without losing tasks", &declare_drain},
      command{"push", "Set variables on every engine", &declare_push},
      command{"pull", "Print variables of every engine", &declare_pull},
      command{"scatter", "Divide a sequence among the engines", &declare_scatter},
      command{"gather", "Put a variable's parts on the engines together", &declare_gather},
  };
  return table;
}

const command* find_command(std::string_view name) {
  const auto all = commands();
  const auto found = std::ranges::find_if(all, [&](const command& c) { return name == c.name; });
  return found == all.end() ? nullptr : &*found;
}

} // namespace pactor::cli
