#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

/// Of one name its value, of several an array of theirs; of an engine that lacks some, the first failure.
std::vector<entry> run(call_options& options, const std::vector<std::string>& names) {
  const auto c = options.connect();
  const auto view = c[targets{options.targets}];
  std::vector<async_result<value, shape::per_engine>> pulls; // all on their way before the first is waited for
  for (const auto& name : names) pulls.push_back(view.pull_async(name));
  std::vector<entry> all;
  for (const auto& pull : pulls) {
    options.wait_for(pull, options.as_json);
    auto entries = entries_of(pull);
    if (names.size() == 1) return entries;
    if (all.empty())
      for (const auto& e : entries) all.push_back({e.engine, result_or_failure<value>{value{value::array{}}}});
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].result) continue;
      if (entries[i].result)
        all[i].result.value().get_if<value::array>()->push_back(std::move(entries[i].result.value()));
      else
        all[i] = std::move(entries[i]);
    }
  }
  return all;
}

} // namespace

action declare_pull(CLI::App& app) {
  const auto options = std::make_shared<call_options>();
  const auto names = std::make_shared<std::vector<std::string>>();
  app.add_option("NAME", *names, "Names of variables")->required();
  options->declare_direct(app);
  app.footer("One line an engine, as JSON: the value, or a list of the values if there are several names.");
  return [options, names] {
    const auto entries = run(*options, *names);
    return options->as_json ? print_json(entries) : print_lines(entries);
  };
}

} // namespace pactor::cli
