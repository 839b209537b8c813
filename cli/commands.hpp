#pragma once
// The commands' declarations, one in a file of the same name.

#include "cli/command.hpp"
#include "cli/setting.hpp"

namespace pactor::cli {

action declare_start(CLI::App& app, setting& around);
action declare_stop(CLI::App& app, setting& around);
action declare_status(CLI::App& app, setting& around);
action declare_list(CLI::App& app, setting& around);
action declare_controller(CLI::App& app, setting& around);
action declare_node(CLI::App& app, setting& around);
action declare_config(CLI::App& app, setting& around);
action declare_jobs(CLI::App& app, setting& around);
action declare_apply(CLI::App& app, setting& around);
action declare_map(CLI::App& app, setting& around);
action declare_px(CLI::App& app, setting& around);
action declare_pxresult(CLI::App& app, setting& around);
action declare_import(CLI::App& app, setting& around);
action declare_shell(CLI::App& app, setting& around);
action declare_abort(CLI::App& app, setting& around);
action declare_engines(CLI::App& app, setting& around);
action declare_drain(CLI::App& app, setting& around);
action declare_tasks(CLI::App& app, setting& around);
action declare_result(CLI::App& app, setting& around);
action declare_push(CLI::App& app, setting& around);
action declare_pull(CLI::App& app, setting& around);
action declare_scatter(CLI::App& app, setting& around);
action declare_gather(CLI::App& app, setting& around);

} // namespace pactor::cli
