#include "cli/shell/magics.hpp"

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/invoke.hpp"
#include "cli/px.hpp"
#include "cli/shell/session.hpp"
#include "cli/shell/words.hpp"
#include "cli/table.hpp"
#include "runtime/core/targets.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/locations.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>

namespace pactor::cli::shell {

namespace {

constexpr int done = code(exit_status::done);

void no_words(std::string_view rest) {
  if (!rest.empty()) throw exit_error{exit_status::usage, "takes no words: " + std::string{rest}};
}

int set_targets(session& s, std::string_view rest) {
  if (rest.empty()) {
    std::cout << s.defaults().targets << ": "
              << core::engine_list(s.connect().direct_view(targets{s.defaults().targets}).targets()) << '\n';
    return done;
  }
  const std::string wanted{rest};
  (void)s.connect().direct_view(targets{wanted}); // whether it means any
  s.defaults().targets = wanted;
  return done;
}

int set_block(session& s, std::string_view rest) {
  no_words(rest);
  s.defaults().block = true;
  return done;
}

int set_noblock(session& s, std::string_view rest) {
  no_words(rest);
  s.defaults().block = false;
  return done;
}

int toggle_autopx(session& s, std::string_view rest) {
  no_words(rest);
  s.input().set_bare_code(!s.input().bare_code());
  std::cout << (s.input().bare_code() ? "autopx enabled: lines are C++ for the engines\n"
                                      : "autopx disabled: lines are commands, C++ is %px CODE\n");
  return done;
}

action declare_pxconfig(CLI::App& app, setting& around) {
  const auto options = std::make_shared<px_command>();
  options->declare(app, around);
  app.add_flag("--reset")->description("Forget what was said before");
  return [options] { return done; };
}

int configure_px(session& s, std::string_view rest) {
  auto words = split_words(rest);
  if (words.empty()) {
    for (std::size_t i = 0; i < s.px_options.size(); ++i) std::cout << (i > 0 ? " " : "") << s.px_options[i];
    std::cout << (s.px_options.empty() ? "no options: %px has its defaults\n" : "\n");
    return done;
  }
  CLI::App app{"Options that each px gets", "pxconfig"};
  const auto unused = declare_pxconfig(app, s);
  try {
    app.parse(std::vector<std::string>{words.rbegin(), words.rend()}); // as the parser wants them
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw exit_error{exit_status::usage, complaint(app, e) + " (see: %pxconfig --help)"};
  }
  if (std::erase(words, "--reset") > 0) s.px_options.clear();
  std::erase(words, "--"); // behind which there could be no options
  s.px_options.insert(s.px_options.end(), words.begin(), words.end());
  return done;
}

/// `a  0-3`
void print_holders(const std::map<std::string, std::vector<int>>& holders) {
  table text{{"VARIABLE", "ENGINES"}};
  for (auto [name, ids] : holders) {
    std::ranges::sort(ids);
    text.add({name, core::engine_list(ids)});
  }
  text.print(std::cout, colour_wanted());
}

/// The names in order, and as entries; failures in their places.
int show_variables(const call_options& call) {
  const auto result = call.connect()[targets{call.targets}].names_async();
  call.await(result);
  std::map<std::string, std::vector<int>> holders;
  std::vector<entry> entries;
  const auto engines = result.engine_ids();
  const auto each = result.get_or_errors();
  for (std::size_t i = 0; i < each.size(); ++i) {
    if (!each[i]) {
      entries.push_back({engines[i], result_or_failure<value>{each[i].error()}});
      continue;
    }
    value::array names;
    for (const auto& name : each[i].value()) {
      holders[name].push_back(engines[i]);
      names.emplace_back(name);
    }
    entries.push_back({engines[i], result_or_failure<value>{value{std::move(names)}}});
  }
  if (call.as_json) return print_json(entries);
  if (!holders.empty())
    print_holders(holders);
  else if (result.successful())
    std::cout << "no variables\n";
  return print_nothing(entries);
}

action declare_who(CLI::App& app, setting& around) {
  const auto call = std::make_shared<call_options>();
  call->declare_waiting(app, around);
  call->declare_targets(app);
  return [call] { return show_variables(*call); };
}

int list_variables(session& s, std::string_view rest) {
  return s.run_command(find_magic("who")->with_options(), split_words(rest));
}

action declare_run(CLI::App& app, setting& around) {
  const auto command = std::make_shared<px_command>();
  app.add_option("FILE", command->file, "A file with C++")->required()->check(CLI::ExistingFile);
  command->declare(app, around);
  return [command, &around] { return run_px(*command, around); };
}

int run_file(session& s, std::string_view rest) {
  auto words = s.px_options;
  for (auto& word : split_words(rest)) words.push_back(std::move(word));
  return s.run_command(find_magic("run")->with_options(), std::move(words));
}

int time_it(session& s, std::string_view rest) {
  if (rest.empty()) throw exit_error{exit_status::usage, "give C++, or a command with its percent sign"};
  return timed([&] { return rest.starts_with('%') ? s.run_line(rest.substr(1)) : s.run_code(rest, {}); });
}

/// In a process of its own: a cluster's launcher is none that types.
int start_cluster(session& s, std::string_view rest) {
  auto words = split_words(rest);
  if (std::ranges::any_of(words, [](const std::string& word) { return word == "--help" || word == "-h"; }))
    return s.run_command(find_magic("start")->with_options(), {"--help"});
  std::vector<std::string> arguments{"pactor", "start", "--daemonize"};
  for (auto& word : s.cluster()->arguments()) arguments.push_back(std::move(word));
  for (auto& word : words) arguments.push_back(std::move(word));
  const auto ended =
      process::spawn({.executable = process::executable_path(), .arguments = std::move(arguments)}).wait();
  if (ended.success()) (void)s.connect();
  return ended.signal != 0 ? code(exit_status::job_failed) : ended.code;
}

int help(session& s, std::string_view rest);

int quit(session& s, std::string_view rest) {
  no_words(rest);
  s.end();
  return done;
}

constexpr std::array magics{
    magic{"targets", "[T]", "The engines of all that follows: 0, -1, 1,3, 1:3, ::2 or all; without T, which they are",
          &set_targets},
    magic{"block", "", "Wait for what is run (this is so at first)", &set_block},
    magic{"noblock", "", "Print the tasks' names and do not wait: %pxresult and %result show what came of it",
          &set_noblock},
    magic{"autopx", "", "Toggle: lines without a percent sign are C++ for the engines (at first), or commands",
          &toggle_autopx},
    magic{"pxconfig", "[OPTIONS, --reset]", "Options that each px gets from now on", &configure_px, &declare_pxconfig},
    magic{"who", "[OPTIONS]", "The engines' variables", &list_variables, &declare_who},
    magic{"run", "[OPTIONS] FILE", "Run a file with C++ on the engines", &run_file, &declare_run},
    magic{"time", "WHAT", "Run C++ or a command, and print how long that took", &time_it},
    magic{"start", "[OPTIONS]", "Start the cluster, in the background", &start_cluster, &declare_start},
    magic{"help", "[COMMAND]", "This list, or the options of a command", &help},
    magic{"quit", "", "End the shell; so does Ctrl-D", &quit},
    magic{"exit", "", "The same", &quit},
};

void print_line(const std::string& name, std::string_view text) {
  std::cout << "  %" << std::left << std::setw(28) << name << text << '\n';
}

int help(session& s, std::string_view rest) {
  if (rest.starts_with('%')) rest.remove_prefix(rest.starts_with("%%") ? 2 : 1);
  if (rest.empty()) {
    std::cout
        << "C++ is run on the engines: a line, or several while brackets are open.\n"
           "%%px [OPTIONS] takes all lines up to an empty one. # begins a comment, but for #include and the like.\n\n";
    for (const auto& m : magics) print_line(std::string{m.name} + " " + m.usage, m.help);
    for (const auto& c : cli::commands())
      if (c.in_shell) print_line(c.name, c.help);
    return done;
  }
  if (const auto* m = find_magic(rest)) {
    if (m->declare) return s.run_command(m->with_options(), {"--help"});
    print_line(std::string{m->name} + " " + m->usage, m->help);
    return done;
  }
  if (const auto* c = find_shared(rest)) return s.run_command(*c, {"--help"});
  throw exit_error{exit_status::usage, no_such_command(rest, command_names()) + " (%help lists all)"};
}

} // namespace

const command* find_shared(std::string_view name) {
  const auto* const found = find_command(name);
  return found && found->in_shell ? found : nullptr;
}

const magic* find_magic(std::string_view name) {
  const auto* const found = std::ranges::find_if(magics, [&](const magic& m) { return name == m.name; });
  return found == magics.end() ? nullptr : found;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  names.reserve(std::size(magics) + std::size(cli::commands()));
  for (const auto& m : magics) names.emplace_back(m.name);
  for (const auto& c : cli::commands())
    if (c.in_shell) names.emplace_back(c.name);
  std::ranges::sort(names);
  return names;
}

int timed(const std::function<int()>& what) {
  const auto begin = std::chrono::steady_clock::now();
  const auto status = what();
  const seconds took = std::chrono::steady_clock::now() - begin;
  std::cout << "Wall time: " << std::fixed << std::setprecision(took.count() < 1 ? 4 : 2) << took.count() << " s\n"
            << std::defaultfloat;
  return status;
}

} // namespace pactor::cli::shell
