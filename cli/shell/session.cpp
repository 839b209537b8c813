#include "cli/shell/session.hpp"

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/invoke.hpp"
#include "cli/shell/magics.hpp"
#include "cli/shell/words.hpp"
#include "cli/style.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <iostream>

namespace pactor::cli::shell {

namespace {

constexpr std::size_t most_identifiers = 5000;

/// Divides what stands behind `%px` into its options, with quotes as in other commands, and the C++ after them.
std::pair<std::vector<std::string>, std::string_view> divide_px(std::string_view text, setting& around) {
  CLI::App app;
  (void)find_command("px")->declare(app, around);
  std::vector<std::string> options;
  for (auto rest = trimmed(text); rest.starts_with('-'); text = rest) {
    auto behind = rest;
    const auto word = take_word(behind); // as it stands: it may be C++
    if (word == "--") return {std::move(options), behind};
    const bool attached = word.size() > 2 && word[1] != '-';
    const auto name = std::string{attached ? word.substr(0, 2) : word.substr(0, word.find('='))};
    const auto* option = app.get_option_no_throw(name);
    if (!option) break;
    options.push_back(take_quoted_word(rest));
    if (!attached && word.find('=') == word.npos && option->get_expected_min() > 0 && !rest.empty())
      options.push_back(take_quoted_word(rest));
  }
  return {std::move(options), trimmed(text)};
}

/// Who types a command's name without its percent sign gets C++ that does not compile.
void hint_at_command(std::string_view code) {
  auto rest = code;
  const auto word = take_word(rest);
  if (find_shared(word) || find_magic(word))
    std::cerr << styled_error(style::hint, "hint: for the command write %" + std::string{word}) << '\n';
}

} // namespace

session::session(cluster_choice cluster, std::string targets, bool interactive)
    : cluster_{std::move(cluster)}, defaults_{.targets = std::move(targets)}, interactive_{interactive} {
  (void)signals();
}

client session::connect(const cluster_choice& /*cluster*/, std::optional<seconds> /*patience*/) {
  if (client_ && client_->connected()) return *client_;
  const bool anew = client_.has_value();
  auto fresh = client{cluster_.connection()};
  client_ = fresh;
  end_told_ = false;
  engines_told_ = fresh.size();
  left({}); // the new cluster has other tasks of these names
  if (anew) std::cerr << "connected to the cluster that runs now: what was on the engines is gone\n";
  return fresh;
}

int session::run(const statement& s) {
  interrupted_ = false;
  note_signal(0);
  const auto status = perform("pactor", [&] { return dispatch(s); });
  take_signals();
  if (last_signal() == SIGINT) interrupted_ = true; // also if the command had just ended
  std::cout << std::flush;
  return status;
}

int session::dispatch(const statement& s) {
  if (s.what == statement::kind::command) return run_line(s.command);
  if (s.what == statement::kind::code) {
    const auto word = trimmed(s.code);
    if (word == "quit" || word == "exit" || word == "quit()" || word == "exit()") return run_line("quit");
    const auto status = run_code({}, s.code);
    if (status == code(exit_status::job_failed)) hint_at_command(s.code);
    return status;
  }
  std::string_view rest = s.command;
  const auto name = take_word(rest);
  if (name == "px") return perform("%%px", [&] { return run_code(rest, s.code); });
  if (name == "time") return perform("%%time", [&] { return timed([&] { return run_code(rest, s.code); }); });
  tell("%%" + std::string{name}, "there is no such cell: write %%px or %%time");
  return code(exit_status::usage);
}

int session::run_code(std::string_view options, std::string_view code) {
  note_identifiers(code);
  auto words = px_options;
  auto [own, rest] = divide_px(options, *this);
  words.insert(words.end(), own.begin(), own.end());
  std::string all{rest};
  if (!all.empty() && !code.empty()) all += '\n';
  all += code;
  if (!all.empty()) {
    words.emplace_back("--");
    words.push_back(std::move(all));
  }
  return run_command(*find_command("px"), std::move(words));
}

int session::run_command(const command& c, std::vector<std::string> words) {
  CLI::App app{c.help, c.name};
  app.get_formatter()->column_width(34);
  const auto act = c.declare(app, *this);
  const auto name = std::string{"%"} + c.name;
  std::ranges::reverse(words); // as the parser wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& e) {
    return app.exit(e); // --help
  } catch (const CLI::ParseError& e) {
    tell(name, complaint(app, e) + " (see: %help " + c.name + ")");
    return code(exit_status::usage);
  }
  return perform(name, act);
}

int session::run_line(std::string_view line) {
  const auto name = take_word(line);
  if (name == "px") return perform("%px", [&] { return run_code(line, {}); });
  if (const auto* m = find_magic(name)) return perform("%" + std::string{name}, [&] { return m->run(*this, line); });
  const auto* c = find_shared(name);
  if (!c) {
    tell("pactor", no_such_command(name, command_names()) + " (%help lists all)");
    return code(exit_status::usage);
  }
  return perform("%" + std::string{name}, [&] { return run_command(*c, split_words(line)); });
}

void session::take_signals() {
  while (const auto signal = signals().take()) {
    if (*signal == SIGINT)
      interrupted_ = true;
    else
      note_signal(*signal);
  }
}

std::string session::prompt() const {
  const auto count = client_ && client_->connected() ? "[" + std::to_string(client_->size()) + "]" : std::string{};
  const auto head = "pactor" + count;
  return input_.waiting() ? std::string(head.size() < 3 ? 0 : head.size() - 3, ' ') + "...> " : head + "> ";
}

std::string session::news() {
  if (!client_) return {};
  if (!client_->connected()) {
    if (end_told_) return {};
    end_told_ = true;
    return "the cluster has ended, or is out of reach; the next command looks for it again";
  }
  const auto now = client_->size();
  if (now == std::exchange(engines_told_, now)) return {};
  return now == 1 ? "there is 1 engine now" : "there are " + std::to_string(now) + " engines now";
}

void session::note_identifiers(std::string_view code) {
  for (std::size_t at = 0; at < code.size() && identifiers_.size() < most_identifiers;) {
    const auto in_name = [&](std::size_t i) {
      return i < code.size() && (std::isalnum(static_cast<unsigned char>(code[i])) != 0 || code[i] == '_');
    };
    auto end = at;
    while (in_name(end)) ++end;
    if (end - at > 2 && std::isdigit(static_cast<unsigned char>(code[at])) == 0)
      identifiers_.emplace(code.substr(at, end - at));
    at = std::max(end, at + 1);
  }
}

std::vector<std::string> session::variables() {
  using namespace std::chrono_literals;
  if (!client_ || !client_->connected()) return {};
  try {
    const auto names = client_->direct_view(targets{defaults_.targets}).names_async();
    if (names.wait(300ms)) { // nobody waits longer for a completion
      std::set<std::string> all;
      for (auto& one : names.get_or_errors())
        if (one) all.insert(one.value().begin(), one.value().end());
      variables_.assign(all.begin(), all.end());
    } else {
      names.abort();
    }
  } catch (const error&) { // then what was known
  }
  return variables_;
}

name_sources session::names() {
  const auto connected = [this] { return client_ && client_->connected(); };
  return {.commands = [] { return command_names(); },
          .options =
              [this](const std::string& name) {
                std::vector<std::string> names;
                const auto* c = find_shared(name);
                const auto* m = find_magic(name);
                const auto declare = c ? c->declare : m ? m->declare : nullptr;
                if (!declare) return names;
                CLI::App app;
                (void)declare(app, *this);
                for (const auto* option : app.get_options())
                  for (const auto& long_name : option->get_lnames()) names.push_back("--" + long_name);
                return names;
              },
          .jobs =
              [this, connected] {
                std::vector<std::string> names;
                if (connected())
                  for (const auto& job : client_->jobs()) names.push_back(job.name);
                return names;
              },
          .variables = [this] { return variables(); },
          .tasks =
              [this, connected] {
                std::vector<std::string> names;
                if (connected())
                  for (const auto& task : client_->tasks().tasks) names.push_back(task.id);
                return names;
              },
          .targets =
              [this, connected] {
                std::vector<std::string> names{"all", "::2", "1::2"};
                if (connected())
                  for (const auto id : client_->ids()) names.push_back(std::to_string(id));
                return names;
              },
          .identifiers =
              [this] {
                return std::vector<std::string>{identifiers_.begin(), identifiers_.end()};
              }};
}

completion session::complete(std::string_view line) {
  auto kind = input_.bare_code() ? line_kind::any : line_kind::command;
  if (input_.waiting()) kind = line_kind::code;
  return shell::complete(line, kind, names());
}

} // namespace pactor::cli::shell
