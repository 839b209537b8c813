#pragma once
// The commands' declarations, one in a file of the same name.

#include "cli/command.hpp"

namespace pactor::cli {

action declare_start(CLI::App& app);
action declare_stop(CLI::App& app);
action declare_status(CLI::App& app);
action declare_list(CLI::App& app);
action declare_controller(CLI::App& app);
action declare_node(CLI::App& app);
action declare_jobs(CLI::App& app);
action declare_apply(CLI::App& app);
action declare_map(CLI::App& app);
action declare_abort(CLI::App& app);
action declare_engines(CLI::App& app);
action declare_tasks(CLI::App& app);
action declare_result(CLI::App& app);
action declare_push(CLI::App& app);
action declare_pull(CLI::App& app);
action declare_scatter(CLI::App& app);
action declare_gather(CLI::App& app);

} // namespace pactor::cli
