#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

variables read_variables(const std::vector<std::string>& words) {
  variables all;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == word.npos)
      throw exit_error{exit_status::usage, "'" + word + "' sets no variable: write NAME=VALUE, such as a=6"};
    all.emplace_back(word.substr(0, equals), parse_argument(std::string_view{word}.substr(equals + 1)));
  }
  if (all.empty()) throw exit_error{exit_status::usage, "nothing to push: write NAME=VALUE, such as a=6"};
  return all;
}

} // namespace

action declare_push(CLI::App& app, setting& around) {
  const auto options = std::make_shared<call_options>();
  options->declare_direct(app, around);
  app.allow_extras(); // the parser would take [1,2] apart
  app.footer(
      "Each NAME=VALUE is a variable. Values are JSON; a word that is no JSON is a string, 0:7 and 0:7:2 are lists\n"
      "of integers: pactor push a=6 b=[1,2,3] 'm={\"x\": 1.5}' name=word");
  return [options, &app] {
    const auto all = read_variables(words_of(app));
    const auto c = options->connect();
    const auto result = c[targets{options->targets}].with(options->tasks()).push(all);
    if (options->leave(c, result)) return code(exit_status::done);
    options->wait_for(c, result, options->as_json);
    const auto entries = entries_of(result);
    return options->as_json ? print_json(entries) : print_nothing(entries);
  };
}

} // namespace pactor::cli
