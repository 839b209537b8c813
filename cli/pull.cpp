#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

using pulled = async_result<value, shape::per_engine>;

/// Of one name its value, of several an array of theirs.
pulled start(const direct_view& view, const std::vector<std::string>& names) {
  return names.size() == 1 ? view.pull_async(names[0]) : view.pull_async(names);
}

} // namespace

action declare_pull(CLI::App& app, setting& around) {
  const auto options = std::make_shared<call_options>();
  const auto names = std::make_shared<std::vector<std::string>>();
  app.add_option("NAME", *names, "Names of variables")->required();
  options->declare_direct(app, around);
  app.footer("One line an engine, as JSON: the value, or a list of the values if there are several names.");
  return [options, names] {
    const auto c = options->connect();
    const auto result = start(c[targets{options->targets}].with(options->tasks()), *names);
    if (options->leave(c, result)) return code(exit_status::done);
    options->wait_for(c, result, options->as_json);
    const auto entries = entries_of(result);
    return options->as_json ? print_json(entries) : print_lines(entries);
  };
}

} // namespace pactor::cli
