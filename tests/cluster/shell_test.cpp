// `pactor shell`: at a terminal, where somebody types, and over a pipe.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/terminal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// `pactor shell OPTIONS < script`
run_result script(const pactor_home& home, const std::string& text, const std::string& options = "") {
  const auto file = home.directory() / "script";
  write_file(file, text);
  return run({"/bin/sh", "-c", "exec \"$0\" shell " + options + " < \"$1\"", PACTOR_TEST_PROGRAM, file.string()},
             home.variables());
}

background_program script_beside(const pactor_home& home, const std::string& text) {
  const auto file = home.directory() / "script";
  write_file(file, text);
  return background_program{{"/bin/sh", "-c", "exec \"$0\" shell < \"$1\"", PACTOR_TEST_PROGRAM, file.string()},
                            home.variables()};
}

environment plain(const pactor_home& home) {
  auto all = home.variables();
  all.insert(all.end(), {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"HOME", home.directory().string()}});
  return all;
}

/// A shell at a terminal.
struct typed_shell : terminal {
  explicit typed_shell(const pactor_home& home, const std::vector<std::string>& options = {})
      : terminal{command(options), plain(home)} {}
  static std::vector<std::string> command(const std::vector<std::string>& options) {
    std::vector<std::string> argv{PACTOR_TEST_PROGRAM, "shell"};
    argv.insert(argv.end(), options.begin(), options.end());
    return argv;
  }
  /// Types a line at the prompt, and returns what it prints until the next one.
  std::string enter(const std::string& line, const std::string& prompt = "pactor[2]> ") {
    type(line + "\r");
    (void)until("\n"); // the line itself
    return until(prompt);
  }
};

} // namespace

TEST_SUITE_BEGIN("shell");

TEST_CASE("a script prints results and nothing else") {
  const temporary_cluster cluster{4};
  const auto result = script(cluster, "#!/usr/bin/env -S pactor shell\n"
                                      "# the engines' variables\n"
                                      "%push a=6 b=[1, 2] m={\"x y\": 1.5} 'w=two words'\n"
                                      "\n"
                                      "  %pull a b m w --targets 1\n"
                                      "%targets ::2\n"
                                      "%targets\n"
                                      "%pull a\n"
                                      "%pull a -t 3\n"
                                      "%targets all\n"
                                      "%scatter c 0:10\n"
                                      "%gather c\n"
                                      "%apply power10 2 -t0\n"
                                      "%map power10 0:7\n"
                                      "%who");
  CHECK(result.err == "");
  CHECK(result.out == "[1] [6,[1,2],{\"x y\":1.5},\"two words\"]\n"
                      "::2: 0, 2\n"
                      "[0] 6\n[2] 6\n"
                      "[3] 6\n"
                      "[0,1,2,3,4,5,6,7,8,9]\n"
                      "[0] 1024.0\n"
                      "[0.0,1.0,1024.0,59049.0,1048576.0,9765625.0,60466176.0]\n"
                      "VARIABLE  ENGINES\n"
                      "a         0-3\nb         0-3\nc         0-3\nm         0-3\nw         0-3\n");
  CHECK(result.exit_code == 0);
}

TEST_CASE("a script ends with the last failure's code, under --strict with the first one") {
  const temporary_cluster cluster{2};
  const std::string failing = "%apply throw_std boom -t0\n%nonsense\n%pull none\n";
  const auto all = script(cluster, failing + "%apply power10 2 -t0\n");
  CHECK(all.exit_code == 0); // the last command's, as in sh
  CHECK(all.out == "[0] 1024.0\n");
  CHECK(contains(all.err, "std::runtime_error: boom"));
  CHECK(contains(all.err, "pactor: there is no command 'nonsense' (%help lists all)\n"));
  CHECK(contains(all.err, "engine 0 has no variable none"));
  CHECK(script(cluster, failing).exit_code == 1);
  CHECK(script(cluster, "%nonsense\n").exit_code == 2);
  const auto strict = script(cluster, "%apply power10 2 -t0\n%nonsense\n%apply power10 3\n", "--strict");
  CHECK(strict.exit_code == 2);
  CHECK(strict.out == "[0] 1024.0\n");
  CHECK(script(cluster, "%apply throw_std boom -t0\n%quit\n").exit_code == 0);
  CHECK(script(cluster, "%apply throw_std boom -t0\n%quit\n", "--strict").exit_code == 1);
  CHECK(script(cluster, "%quit\n%apply throw_std boom\n").exit_code == 0);
}

TEST_CASE("the shell says what is wrong with a command") {
  const temporary_cluster cluster{2};
  const auto says = [&](const std::string& line, const std::string& text, int code = 2) {
    const auto result = script(cluster, line);
    CAPTURE(line);
    CHECK(result.err == text);
    CHECK(result.out == "");
    CHECK(result.exit_code == code);
  };
  says("%pul a", "pactor: there is no command 'pul'; did you mean pull? (%help lists all)\n");
  says("%pull a --tragets 0", "%pull: The following argument was not expected: --tragets; did you mean --targets? "
                              "(see: %help pull)\n");
  says("%pull", "%pull: NAME is required (see: %help pull)\n");
  says("%push a=[1", "%push: a bracket is not closed\n");
  says("%push 'a=1", "%push: there is no end to the quote '\n");
  says("%targets 7", "%targets: no engine 7: the engines are 0, 1\n");
  says("%block now", "%block: takes no words: now\n");
  says("%help nonsense", "%help: there is no command 'nonsense' (%help lists all)\n");
  says("%run", "%run: FILE is required (see: %help run)\n");
  says("%run /no/such/file", "%run: FILE: File does not exist: /no/such/file (see: %help run)\n");
  says("%who -t7", "%who: no engine 7: the engines are 0, 1\n");
  says("%px", "%px: give C++, or a file with it: --file FILE\n");
  says("%time", "%time: give C++, or a command with its percent sign\n");
  says("%%nonsense\nx", "%%nonsense: there is no such cell: write %%px or %%time\n");
  says("%pxconfig --group-outputs nonsense",
       "%pxconfig: --group-outputs: nonsense not in {type,engine,order} (see: %pxconfig --help)\n");
  says("%controller", "pactor: there is no command 'controller' (%help lists all)\n");
}

TEST_CASE("without blocking, tasks have names, and results come later") {
  const temporary_cluster cluster{2};
  const auto result = script(cluster, "%noblock\n%apply power10 2\n%result\n%block\n%apply power10 1 -t0\n"
                                      "%apply power10 3 --no-block -t1\n%result\n"
                                      "%stop\n%start -n 1\n%result\n");
  CHECK(result.err.ends_with("\nconnected to the cluster that runs now: what was on the engines is gone\n"
                             "%result: no task is kept: submit one with pactor apply --no-block\n"));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.out, "[0] 1024.0\n[1] 1024.0\n[0] 1.0\n"));
  CHECK(contains(result.out, "[1] 59049.0\n"));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 7); // three names, four results
}

TEST_CASE("lines can be commands without percent signs") {
  const temporary_cluster cluster{1};
  const auto result = script(cluster, "%autopx\npush a=6\npull a\n%pull a\nautopx\n");
  CHECK(result.err == "");
  CHECK(result.out == "autopx disabled: lines are commands, C++ is %px CODE\n[0] 6\n[0] 6\n"
                      "autopx enabled: lines are C++ for the engines\n");
}

TEST_CASE("help lists the commands, and shows the options of one") {
  const pactor_home home; // no cluster is needed
  const auto all = script(home, "%help\n");
  CHECK(all.exit_code == 0);
  for (const auto* name : {"%targets [T]", "%noblock", "%pull", "%engines", "%px ", "%quit"})
    CHECK(contains(all.out, name));
  CHECK_FALSE(contains(all.out, "%controller"));
  const auto one = script(home, "%help pull\n%help %targets\n");
  CHECK(contains(one.out, "NAME"));
  CHECK(contains(one.out, "--targets"));
  CHECK_FALSE(contains(one.out, "--profile")); // the shell has said it
  CHECK(contains(one.out, "without T, which they are"));
  for (const auto* line : {"%help start\n", "%start --help\n", "%start -n 2 -h\n"}) {
    const auto start = script(home, line);
    CHECK(contains(start.out, "--engines"));
    CHECK(start.exit_code == 0);
  }
  CHECK(home.processes().empty());
  for (const auto* line : {"%run --help\n", "%help run\n"}) CHECK(contains(script(home, line).out, "--targets"));
  for (const auto* line : {"%who --help\n", "%help who\n"}) CHECK(contains(script(home, line).out, "--timeout"));
  CHECK(contains(script(home, "%pxconfig --help\n").out, "--reset"));
}

TEST_CASE("the list of variables says which engines have none to tell") {
  const temporary_cluster cluster{2};
  const auto result = script(cluster, "%push a=1 -t0\n%who --json\n%who -t1\n%apply wait 1000 -t1 --no-block\n");
  CHECK(result.out.starts_with("[{\"engine\":0,\"result\":[\"a\"]},{\"engine\":1,\"result\":[]}]\nno variables\n"));
  CHECK(result.err == "");
  // One's worker dies before it answers.
  auto who = script_beside(cluster, "%who\n");
  REQUIRE(eventually(15s, [&] { return cluster.client().status().engines.at(1).queued == 2; }));
  REQUIRE(cluster.pactor({"engines", "signal", "KILL", "-t1"}).exit_code == 0);
  const auto lost = who.wait(15s);
  CHECK(lost.exit_code == 1);
  CHECK(contains(lost.err, "engine_lost: "));
  CHECK(lost.out == "VARIABLE  ENGINES\na         0\n");
  REQUIRE(answers(cluster.client(), 1));
  const auto late = script(cluster, "%apply wait 1000 -t1 --no-block\n%who --timeout 0.2\n");
  CHECK(late.err == "%who: who is not done after 0.2 s; it goes on\n");
  CHECK(late.exit_code == 14);
}

TEST_CASE("a script ends with the signal that ends it") {
  const temporary_cluster cluster{1};
  const auto ended_by = [&](int signal) {
    auto shell = script_beside(cluster, "%apply wait 1000\n%apply hello\n");
    REQUIRE(eventually(15s, [&] { return cluster.client().status().engines.at(0).state == "busy"; }));
    shell.signal(signal);
    const auto ended = shell.wait(15s);
    CHECK(ended.out == "");
    CHECK(answers(cluster.client(), 0));
    return ended.exit_code;
  };
  CHECK(ended_by(SIGINT) == 130);
  CHECK(ended_by(SIGTERM) == 143);
  CHECK(ended_by(SIGHUP) == 129);
}

TEST_CASE("a cluster can be started and stopped from within") {
  const pactor_home home;
  const auto result =
      script(home, "%apply hello\n%start -n 2\n%apply hello\n%stop\n%apply hello\n%start -n 1\n%apply hello\n");
  CHECK(result.out == "[0] \"Hello World!\"\n[1] \"Hello World!\"\n[0] \"Hello World!\"\n");
  CHECK(contains(result.err, "%apply: the cluster of profile 'default' does not run; start it with: pactor start\n"));
  CHECK(contains(result.err, "connected to the cluster that runs now: what was on the engines is gone\n"));
  CHECK(result.exit_code == 0);
  CHECK(script(home, "%stop\n%apply hello\n").exit_code == 12);
}

TEST_CASE("who types sees a prompt, results and errors") {
  const temporary_cluster cluster{2};
  typed_shell shell{cluster};
  CHECK(contains(shell.until("pactor[2]> "), "2 engines of the cluster of profile 'default'. C++ goes to the engines; "
                                             "%help lists commands, Ctrl-D ends."));
  CHECK(shell.enter("%push a=6") == "");
  CHECK(shell.enter("%pull a") == "[0] 6\n[1] 6\n");
  CHECK(contains(shell.enter("%pull none"), "engine 0 has no variable none"));
  CHECK(shell.enter("%push w=\"gr\xc3\xbc\xc3\x9f\"") == "");
  CHECK(shell.enter("%pull w -t0") == "[0] \"gr\xc3\xbc\xc3\x9f\"\n");
  shell.type("%pull a b c\x03"); // Ctrl-C clears the line
  CHECK(shell.shows("^C\npactor[2]> "));
  CHECK(shell.enter("%pull a -t1") == "[1] 6\n");
  shell.type("\x04");
  CHECK(shell.wait() == 0);
}

TEST_CASE("the tab key completes, and shows what is possible") {
  const temporary_cluster cluster{2};
  typed_shell shell{cluster};
  shell.until("pactor[2]> ");
  CHECK(shell.enter("%push alpha=6 alphabet=7") == "");
  // A tab that comes with more behind it is pasted.
  shell.type("%pul\t");
  CHECK(shell.shows("%pull "));
  shell.type("alphab\t");
  CHECK(shell.shows("alphabet "));
  CHECK(shell.enter("-t0") == "[0] 7\n");
  shell.type("%apply pow\t");
  CHECK(shell.shows("power10 "));
  shell.type("2 --targ\t");
  CHECK(shell.shows("--targets "));
  CHECK(shell.enter("0") == "[0] 1024.0\n");
  shell.type("%pull al\t"); // as far as both go
  CHECK(shell.shows("pha"));
  shell.type("\t");
  CHECK(shell.shows("alpha     alphabet\n"));
  CHECK(shell.enter(" -t1") == "[1] 6\n");
  shell.enter("%autopx");
  shell.type("gath\t"); // now a command
  CHECK(shell.shows("gather "));
  CHECK(contains(shell.enter("none"), "has no variable none"));
  shell.type("\x04");
  CHECK(shell.wait() == 0);
}

TEST_CASE("what was typed is there the next time") {
  const temporary_cluster cluster{2};
  {
    typed_shell shell{cluster};
    shell.until("pactor[2]> ");
    CHECK(shell.enter("%push a=42") == "");
    CHECK(shell.enter("%pull a -t0") == "[0] 42\n");
    CHECK(shell.enter("\x1b[A\x1b[A\x1b[B") == "[0] 42\n"); // up, up, down
    shell.type("%quit\r");
    CHECK(shell.wait() == 0);
  }
  const auto file = cluster.profile().directory() / "shell_history";
  CHECK(content_of(file) == "%push a=42\n%pull a -t0\n%quit\n");
  using std::filesystem::perms;
  CHECK(std::filesystem::status(file).permissions() == (perms::owner_read | perms::owner_write));
  typed_shell again{cluster};
  again.until("pactor[2]> ");
  CHECK(again.enter("\x1b[A\x1b[A") == "[0] 42\n");
}

TEST_CASE("Ctrl-C interrupts what runs on the engines, and the shell goes on") {
  const temporary_cluster cluster{2};
  typed_shell shell{cluster};
  shell.until("pactor[2]> ");
  shell.type("%apply wait 1000\r");
  REQUIRE(eventually(20s, [&] {
    const auto engines = cluster.client().status().engines;
    return std::ranges::all_of(engines, [](const engine_info& e) { return e.state == "busy"; });
  }));
  CHECK(shell.shows("wait:   0% [")); // after 2 s, how far it is
  shell.type("\x03");
  CHECK(shell.shows("interrupting; once more at once to kill\n"));
  CHECK(contains(shell.until("pactor[2]> "), "%apply: interrupted"));
  CHECK(shell.enter("%apply power10 2 -t0") == "[0] 1024.0\n");
  const auto engines = cluster.client().status().engines;
  CHECK(std::ranges::all_of(engines, [](const engine_info& e) { return e.restarts == 0; }));
}

TEST_CASE("a shell that was stopped has its terminal again when it goes on") {
  if (!std::filesystem::exists("/bin/bash")) {
    MESSAGE("skipped: there is no bash");
    return;
  }
  const temporary_cluster cluster{2};
  auto variables = plain(cluster);
  variables.emplace_back("PS1", "outer> ");
  terminal outer{{"/bin/bash", "--norc", "--noediting", "-i"}, variables};
  (void)outer.until("outer> ");
  outer.type(std::string{PACTOR_TEST_PROGRAM} + " shell\r");
  (void)outer.until("pactor[2]> ");
  outer.type("%pul\x1a");
  CHECK(outer.shows("Stopped"));
  CHECK(outer.shows("outer> "));
  outer.type("stty -a; fg\r");
  CHECK(outer.shows("susp = ^Z"));
  CHECK(outer.shows(" icanon"));
  CHECK(outer.shows("pactor[2]> %pul"));
  outer.type("\t"); // keys come as they are typed, to the line that was begun
  CHECK(outer.shows("l "));
  outer.type("none -t0\r");
  CHECK(outer.shows("has no variable none"));
  CHECK(outer.shows("pactor[2]> "));
  outer.type("\x04");
  CHECK(outer.shows("outer> "));
  outer.type("exit\r");
  CHECK(outer.wait() >= 0);
}

TEST_CASE("a signal ends a shell at its prompt") {
  const pactor_home home;
  for (const int signal : {SIGTERM, SIGHUP}) {
    typed_shell shell{home};
    (void)shell.until("pactor> ");
    const auto pids = home.pids("shell");
    REQUIRE(pids.size() == 1);
    ::kill(pids.front(), signal);
    CHECK(shell.wait() == 128 + signal);
  }
}

TEST_CASE("the end of the cluster is told, and the next command finds the new one") {
  const temporary_cluster cluster{2};
  typed_shell shell{cluster};
  shell.until("pactor[2]> ");
  REQUIRE(cluster.pactor({"stop"}).exit_code == 0);
  CHECK(shell.shows("the cluster has ended, or is out of reach; the next command looks for it again\n"));
  CHECK(shell.shows("pactor> "));
  CHECK(shell.enter("%apply hello", "pactor> ") ==
        "%apply: the cluster of profile 'default' does not run; start it with: pactor start\n");
  REQUIRE(cluster.pactor({"start", "-n", "3", "--daemonize"}).exit_code == 0);
  CHECK(shell.enter("%pull a -t2", "pactor[3]> ").starts_with("connected to the cluster that runs now"));
  CHECK(shell.enter("%apply hello -t2", "pactor[3]> ") == "[2] \"Hello World!\"\n");
  shell.type("%engines stop -t2\r");
  CHECK(shell.shows("there are 2 engines now\n"));
  CHECK(shell.shows("pactor[2]> "));
}

TEST_CASE("a shell without a cluster says so, and ends when it is told to") {
  const pactor_home home;
  typed_shell shell{home};
  CHECK(contains(shell.until("pactor> "), "the cluster of profile 'default' does not run; start it with: pactor start, "
                                          "or here with: %start"));
  shell.type("%he\t");
  CHECK(shell.shows("%help "));
  shell.type("\r");
  CHECK(shell.shows("%noblock"));
  CHECK(shell.shows("pactor> "));
  shell.type("quit\r");
  CHECK(shell.wait() == 0);
}

TEST_SUITE_END();
