#include "cli/command.hpp"
#include "cli/exit_status.hpp"
#include "cli/invoke.hpp"
#include "cli/setting.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/core_dumps.hpp"

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::cli {
namespace {

int unknown_command(std::string_view word) {
  std::vector<std::string> names;
  for (const auto& one : commands()) names.emplace_back(one.name);
  tell("pactor", no_such_command(word, names) + " (pactor --help lists all)");
  return code(exit_status::usage);
}

int usage_error(const CLI::App& app, const CLI::ParseError& e) {
  const auto chosen = app.get_subcommands();
  const auto name = chosen.empty() ? std::string{"pactor"} : "pactor " + chosen.front()->get_name();
  const auto text = chosen.empty() ? std::string{e.what()} : complaint(*chosen.front(), e);
  tell(name, chosen.empty() ? text : text + " (see: " + name + " --help)");
  return code(exit_status::usage);
}

int run(int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-' && !find_command(argv[1])) return unknown_command(argv[1]);
  CLI::App app{"Interactive parallel computing for C++", "pactor"};
  app.set_version_flag("--version", "pactor " PACTOR_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  setting alone;
  std::vector<std::pair<CLI::App*, action>> actions;
  for (const auto& one : commands()) {
    auto* sub = app.add_subcommand(one.name, one.help);
    actions.emplace_back(sub, one.declare(*sub, alone));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e); // --help and --version
  } catch (const CLI::ParseError& e) {
    if (argc > 1) return usage_error(app, e);
    std::cerr << app.help();
    return code(exit_status::usage);
  }
  for (const auto& [sub, act] : actions)
    if (sub->parsed()) return perform("pactor " + sub->get_name(), act);
  return code(exit_status::usage);
}

} // namespace
} // namespace pactor::cli

int main(int argc, char** argv) {
  pactor::process::keep_secrets();
  // The parts of a cluster end with their launcher, in whatever way that ends.
  pactor::process::die_with_parent(SIGKILL);
  try {
    return pactor::cli::run(argc, argv);
  } catch (const std::exception& e) {
    pactor::cli::tell("pactor", e.what());
    return code(pactor::cli::exit_status::job_failed);
  }
}
