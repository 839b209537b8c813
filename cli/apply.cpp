#include "cli/commands.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

std::vector<entry> run(const call_options& options, const std::string& job, const std::vector<std::string>& words) {
  pactor::arguments arguments;
  for (const auto& word : words) arguments.values.push_back(parse_argument(word));
  const auto c = options.connect();
  std::vector<entry> entries;
  const auto collect = [&](const auto& result) {
    options.wait_for(result, options.as_json);
    const auto engines = result.engine_ids();
    auto each = result.get_or_errors();
    for (std::size_t i = 0; i < each.size(); ++i) entries.push_back({engines[i], std::move(each[i])});
  };
  if (options.balanced)
    collect(c.load_balanced_view(options.targets).apply_async(job, arguments));
  else
    collect(c[targets{options.targets}].apply_async(job, arguments));
  return entries;
}

} // namespace

action declare_apply(CLI::App& app) {
  const auto options = std::make_shared<call_options>();
  const auto job = std::make_shared<std::string>();
  app.add_option("JOB", *job, "Name of the job")->required();
  options->declare(app);
  // Whatever else stands there is the job's: also negative numbers, which the parser takes for options.
  app.allow_extras();
  app.footer("What follows the job's name are its arguments, as JSON; a word that is no JSON is a string, 0:7 and\n"
             "0:7:2 are lists of integers. A text that begins with a dash is written as JSON: '\"-x\"'.");
  return [options, job, &app] {
    const auto entries = run(*options, *job, words_of(app));
    return options->as_json ? print_json(entries) : print_lines(entries);
  };
}

} // namespace pactor::cli
