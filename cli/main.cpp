#include "cli/command.hpp"
#include "cli/exit_status.hpp"
#include "runtime/core/near_names.hpp"
#include "runtime/process/child.hpp"

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::cli {
namespace {

int fail(exit_status status, const std::string& command, std::string_view text) {
  if (!text.empty()) std::cerr << "pactor" << (command.empty() ? "" : " ") << command << ": " << text << '\n';
  return code(status);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto near = core::near_names(word, known);
  return near.empty() ? std::string{} : "; did you mean " + near.front() + "?";
}

int unknown_command(std::string_view word) {
  std::vector<std::string> names;
  for (const auto& one : commands()) names.emplace_back(one.name);
  auto text = "there is no command '" + std::string{word} + "'" + did_you_mean(word, names);
  return fail(exit_status::usage, "", text + " (pactor --help lists all)");
}

/// The parser's complaint, with the option that may have been meant.
int usage_error(const CLI::App& app, const CLI::ParseError& e) {
  const auto chosen = app.get_subcommands();
  std::string text = e.what();
  if (chosen.empty()) return fail(exit_status::usage, "", text);
  const auto& command = *chosen.front();
  if (dynamic_cast<const CLI::ExtrasError*>(&e) != nullptr) {
    std::vector<std::string> options;
    for (const auto* option : command.get_options())
      for (const auto& name : option->get_lnames()) options.push_back("--" + name);
    for (const auto& word : command.remaining())
      if (word.starts_with("--")) text += did_you_mean(word.substr(0, word.find('=')), options);
  }
  return fail(exit_status::usage, command.get_name(), text + " (see: pactor " + command.get_name() + " --help)");
}

int perform(const std::string& name, const action& run) {
  try {
    return run();
  } catch (const std::exception& e) {
    const auto [status, text] = verdict_of(e);
    return fail(status, name, text);
  }
}

int run(int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-') {
    const std::string_view word = argv[1];
    bool known = false;
    for (const auto& one : commands()) known = known || word == one.name;
    if (!known) return unknown_command(word);
  }
  CLI::App app{"Interactive parallel computing for C++", "pactor"};
  app.set_version_flag("--version", "pactor " PACTOR_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  std::vector<std::pair<CLI::App*, action>> actions;
  for (const auto& one : commands()) {
    auto* sub = app.add_subcommand(one.name, one.help);
    actions.emplace_back(sub, one.declare(*sub));
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
    if (sub->parsed()) return perform(sub->get_name(), act);
  return code(exit_status::usage);
}

} // namespace
} // namespace pactor::cli

int main(int argc, char** argv) {
  // The parts of a cluster end with their launcher, in whatever way that ends.
  pactor::process::die_with_parent(SIGKILL);
  try {
    return pactor::cli::run(argc, argv);
  } catch (const std::exception& e) {
    return pactor::cli::fail(pactor::cli::exit_status::job_failed, "", e.what());
  }
}
