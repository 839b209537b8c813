#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

/// `num` of /somewhere/libnum.so
std::string name_of(const std::filesystem::path& library) {
  auto name = library.stem().string();
  if (name.starts_with("lib")) name.erase(0, 3);
  return name;
}

int run(const call_options& call, const std::filesystem::path& library) {
  const auto c = call.connect();
  const auto view = c[targets{call.targets}];
  const auto result = view.import_library_async(library);
  if (!call.as_json) std::cout << "importing " << name_of(library) << " on engine(s)\n" << std::flush;
  call.wait_for(c, result, call.as_json);
  std::vector<entry> entries;
  const auto engines = result.engine_ids();
  const auto each = result.get_or_errors();
  for (std::size_t i = 0; i < each.size(); ++i) {
    if (!each[i]) {
      entries.push_back({engines[i], result_or_failure<value>{each[i].error()}});
      continue;
    }
    value::array names;
    for (const auto& [name, signature] : each[i].value()) names.emplace_back(name);
    entries.push_back({engines[i], result_or_failure<value>{value{std::move(names)}}});
  }
  if (result.successful()) (void)view.learn_jobs(library, result);
  return call.as_json ? print_json(entries) : print_nothing(entries);
}

} // namespace

action declare_import(CLI::App& app, setting& around) {
  const auto options = std::make_shared<call_options>();
  const auto library = std::make_shared<std::string>();
  app.add_option("LIBRARY", *library, "A job library, at a path that the engines' hosts have")->required();
  options->declare_waiting(app, around);
  options->declare_targets(app);
  app.footer("In `pactor shell` its jobs can be called by name then. An engine that starts anew has lost them.");
  return [options, library] { return run(*options, *library); };
}

} // namespace pactor::cli
