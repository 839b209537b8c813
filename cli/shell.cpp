#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/invoke.hpp"
#include "cli/shell/editor.hpp"
#include "cli/shell/history.hpp"
#include "cli/shell/line_source.hpp"
#include "cli/shell/session.hpp"
#include "cli/style.hpp"

#include <csignal>
#include <iostream>
#include <memory>
#include <termios.h>
#include <unistd.h>

namespace pactor::cli {

namespace {

using namespace shell;

struct shell_command {
  cluster_choice cluster;
  std::string targets = "all";
  bool strict = false;
};

/// What is typed while something runs shows when the prompt is back, and not in between.
class quiet_terminal {
public:
  quiet_terminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet) == 0;
  }
  quiet_terminal(const quiet_terminal&) = delete;
  quiet_terminal& operator=(const quiet_terminal&) = delete;
  ~quiet_terminal() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }

private:
  termios before_{};
  bool changed_ = false;
};

/// What decides when a shell ends, and how.
class loop {
public:
  loop(session& s, bool strict) : session_{s}, strict_{strict} {}

  /// @return false if the shell is to end
  bool take(std::string_view line) {
    try {
      if (const auto s = session_.input().feed(line)) return run(*s);
    } catch (const error& e) {
      tell("pactor", e.what());
      return note(code(exit_status::usage));
    }
    return true;
  }
  /// There is no more input for what was begun.
  bool finish() {
    const auto s = session_.input().finish();
    return !s || run(*s);
  }
  void end_by(int signal) { ending_ = code(ended_by(signal)); }
  /// What the shell exits with.
  [[nodiscard]] int status() const {
    if (ending_ != 0) return ending_;
    return session_.interactive() && !strict_ ? code(exit_status::done) : last_;
  }

private:
  bool run(const statement& s) {
    const auto status = session_.run(s);
    const auto signal = session_.last_signal();
    if (signal != 0 && signal != SIGINT) {
      end_by(signal);
      return false;
    }
    if (session_.interrupted() && !session_.interactive()) {
      (void)note(code(exit_status::interrupted));
      return false;
    }
    return note(status) && !session_.ended();
  }
  bool note(int status) {
    last_ = status;
    return status == code(exit_status::done) || !strict_;
  }

  session& session_;
  const bool strict_;
  int last_ = 0, ending_ = 0;
};

/// Tells whom one speaks to. That there is no cluster is no reason to end: %start starts one.
void greet(session& s) {
  try {
    const auto c = s.connect();
    std::cout << "pactor " PACTOR_VERSION ": " << c.size() << (c.size() == 1 ? " engine" : " engines") << " of "
              << describe(*s.cluster()) << ". C++ goes to the engines; %help lists commands, Ctrl-D ends.\n";
  } catch (const error& e) {
    tell("pactor shell", e.what() + std::string{e.code() == ec::not_running ? ", or here with: %start" : ""});
  }
}

void converse(session& s, loop& l) {
  const auto place = s.cluster()->files();
  place.create();
  history past{place.directory() / "shell_history"};
  editor typed{s.signals(),
               {.complete = [&s](std::string_view line) { return s.complete(line); },
                .idle = [&s] { return s.news(); },
                .prompt = [&s] { return s.prompt(); }}};
  for (const auto& line : past.lines()) typed.remember(line);
  const auto colour = colour_wanted(STDOUT_FILENO);
  for (bool more = true; more;) {
    if (const auto news = s.news(); !news.empty()) std::cout << news << '\n' << std::flush;
    const auto line = typed.read(colour);
    switch (line.how) {
    case typed_line::ending::line: {
      if (past.add(line.text)) typed.remember(line.text);
      const quiet_terminal quiet;
      more = l.take(line.text);
      break;
    }
    case typed_line::ending::cancelled:
      s.input().reset();
      break;
    case typed_line::ending::end:
      more = s.input().waiting() && l.finish();
      break;
    case typed_line::ending::signal:
      l.end_by(line.signal);
      more = false;
      break;
    }
  }
}

void read_script(session& s, loop& l) {
  line_source lines{s.signals()};
  while (const auto line = lines.next())
    if (!l.take(*line)) return;
  if (lines.signal() != 0)
    l.end_by(lines.signal());
  else
    l.finish();
}

int run(const shell_command& command) {
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  session s{command.cluster, command.targets, interactive};
  loop l{s, command.strict};
  if (interactive) {
    greet(s);
    converse(s, l);
  } else {
    read_script(s, l);
  }
  return l.status();
}

} // namespace

action declare_shell(CLI::App& app, setting& around) {
  const auto command = std::make_shared<shell_command>();
  command->cluster.declare(app, around);
  app.add_option("-t,--targets", command->targets, "Engines at first: 0, -1, 1,3, 1:3, ::2 or all")
      ->capture_default_str();
  app.add_flag("--strict", command->strict, "End with the first failure, and its exit code");
  app.footer("What is typed is C++ for the engines; lines with a percent sign are commands: %help lists them.\n"
             "Reads a script if standard input is no terminal: pactor shell --strict < script");
  return [command] { return run(*command); };
}

} // namespace pactor::cli
