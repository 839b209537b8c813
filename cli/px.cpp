#include "cli/px.hpp"

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/last_px.hpp"

#include <map>
#include <memory>

namespace pactor::cli {

namespace {

const std::map<std::string, grouping> groupings{
    {"type", grouping::type}, {"engine", grouping::engine}, {"order", grouping::order}};

per_engine_executed start(const px_command& command, const client& c) {
  const auto view = c[targets{command.call.targets}].with(command.call.tasks());
  if (!command.file.empty()) return view.run(command.file);
  return view.execute(command.code);
}

/// What came of it, in target order, with the files of what it displayed. Waits. @param with_output also what was
/// printed
std::vector<execution> executions_of(const executed_code& code, bool with_output) {
  const auto& result = code.result;
  const auto engines = result.engine_ids();
  auto each = result.get_or_errors();
  std::vector<execution> all;
  all.reserve(each.size());
  for (std::size_t i = 0; i < each.size(); ++i) all.push_back({engines[i], std::move(each[i])});
  if (with_output) {
    auto out = result.stdout_(), err = result.stderr_();
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].out = std::move(out.at(i));
      all[i].err = std::move(err.at(i));
    }
  }
  for (const auto& item : code.saved.all()) all.at(item.task).displayed.push_back(item);
  return all;
}

int print(const call_options& call, std::vector<execution> all, grouping g) {
  return call.as_json ? print_executions_json(all) : print_executions(std::move(all), g);
}

struct pxresult_command {
  call_options call;
  std::vector<std::string> tasks;
  std::string group_outputs = "type";
};

/// What it displayed is saved where its px was to, if that did not wait for it.
int show_last(const pxresult_command& command, executed_code& last) {
  command.call.await(last.result);
  last.saved.update(last.result.displayed(), true, std::cerr);
  show_pictures(last.saved.all());
  return status_with(last.saved.all(),
                     print(command.call, executions_of(last, true), groupings.at(command.group_outputs)));
}

int run(pxresult_command& command, setting& around) {
  if (command.tasks.empty())
    if (auto* last = around.last_executed()) return show_last(command, *last);
  const auto c = command.call.connect();
  if (command.tasks.empty()) command.tasks = last_px(command.call.cluster);
  std::vector<execution> all;
  for (auto& [engine, result] : command.call.fetch<executed>(c, command.tasks))
    all.push_back({engine, std::move(result)});
  return print(command.call, std::move(all), groupings.at(command.group_outputs));
}

void declare_grouping(CLI::App& app, std::string& to) {
  app.add_option("--group-outputs", to, "Print what engines printed, and results, by type, engine or order")
      ->check(CLI::IsMember(std::vector<std::string>{"type", "engine", "order"}));
}

} // namespace

int run_px(px_command& command, setting& around) {
  if (command.code.empty() == command.file.empty())
    throw exit_error{exit_status::usage, command.code.empty() ? "give C++, or a file with it: --file FILE"
                                                              : "give C++ or a file, not both"};
  auto& call = command.call;
  const auto c = call.connect();
  auto& last = around.remember({start(command, c), saved_items{call.save_to}});
  if (call.leave(c, last.result)) {
    remember_px(call.cluster, last.result.names());
    return code(exit_status::done);
  }
  call.wait_for(c, last.result, {.prints_data = call.as_json, .streams = command.streams()}, last.saved);
  return status_with(last.saved.all(), print(call, executions_of(last, !command.streams()), command.group()));
}

grouping px_command::group() const { return groupings.at(group_outputs.empty() ? "type" : group_outputs); }

bool px_command::streams() const { return stream.value_or(group_outputs.empty()); }

void px_command::declare(CLI::App& app, setting& around) {
  call.declare_direct(app, around);
  app.add_option("--target", call.targets, "The same as --targets")->group("")->trigger_on_parse();
  app.get_option("--targets")->trigger_on_parse(); // the one that comes last counts
  app.add_option("--limit,--run-limit", call.limit,
                 "Seconds that it may run; then it is asked to end, interrupted, killed")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--label", call.label, "A name for the tasks, for people");
  app.add_flag("--stream,!--no-stream", stream,
               "Show what engines print as it comes (the default), or when all is done");
  declare_grouping(app, group_outputs);
  app.add_option("--progress-after", call.progress_after,
                 "On a terminal: seconds until a line shows how far it is; 0 is at once, -1 never")
      ->capture_default_str();
  // What the shell's %pxconfig says stands in front of the px's own.
  for (auto* option : app.get_options())
    if (option->nonpositional()) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

action declare_px(CLI::App& app, setting& around) {
  const auto command = std::make_shared<px_command>();
  app.add_option("CODE", command->code, "C++: statements; a last expression without a semicolon is the result");
  app.add_option("-f,--file", command->file, "A file with C++")->check(CLI::ExistingFile);
  command->declare(app, around);
  app.footer("What the code defines stays on the engines: variables, functions, types, #include and using.\n"
             "  pactor px 'x = linspace(0, 1, 5)'\n"
             "  pactor px 'sum(x)' --targets ::2");
  return [command, &around] { return run_px(*command, around); };
}

action declare_pxresult(CLI::App& app, setting& around) {
  const auto command = std::make_shared<pxresult_command>();
  app.add_option("TASK", command->tasks,
                 "Tasks, as `pactor px --no-block` printed them; those of the last such command if none is given");
  command->call.declare_waiting(app, around);
  declare_grouping(app, command->group_outputs);
  return [command, &around] { return run(*command, around); };
}

} // namespace pactor::cli
