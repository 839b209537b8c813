#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

struct answer {
  std::vector<entry> entries; ///< one a task
  std::vector<saved_item> displayed;
};

answer run(call_options& options, const std::string& job, const std::vector<std::string>& words) {
  pactor::arguments arguments;
  for (const auto& word : words) arguments.values.push_back(parse_argument(word));
  const auto c = options.connect();
  answer a;
  const auto collect = [&](const auto& result) {
    if (options.leave(c, result)) return;
    a.displayed = options.wait_for(c, result, options.as_json);
    const auto engines = result.engine_ids();
    auto each = result.get_or_errors();
    for (std::size_t i = 0; i < each.size(); ++i) a.entries.push_back({engines[i], std::move(each[i])});
    for (const auto& item : a.displayed) a.entries.at(item.task).displayed.push_back(item);
  };
  if (options.balanced)
    collect(c.load_balanced_view(options.targets).with(options.tasks()).apply_async(job, arguments));
  else
    collect(c[targets{options.targets}].with(options.tasks()).apply_async(job, arguments));
  return a;
}

} // namespace

action declare_apply(CLI::App& app, setting& around) {
  const auto options = std::make_shared<call_options>();
  const auto job = std::make_shared<std::string>();
  app.add_option("JOB", *job, "Name of the job")->required();
  options->declare(app, around);
  // Whatever else stands there is the job's: also negative numbers, which the parser takes for options.
  app.allow_extras();
  app.footer("What follows the job's name are its arguments, as JSON; a word that is no JSON is a string, 0:7 and\n"
             "0:7:2 are lists of integers. A text that begins with a dash is written as JSON: '\"-x\"'.");
  return [options, job, &app] {
    const auto a = run(*options, *job, words_of(app));
    if (options->keep) return code(exit_status::done);
    return status_with(a.displayed, options->as_json ? print_json(a.entries) : print_lines(a.entries));
  };
}

} // namespace pactor::cli
