// Code that engines execute is compiled once a host, by the configured compiler, and what goes wrong with that is told.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// A configuration that names a script as the compiler.
class scripted {
public:
  /// @param lines in front of the real compiler's call
  explicit scripted(const std::string& lines) {
    const auto script = file("compiler");
    write_file(script, "#!/bin/sh\n" + lines + "\nexec clang++ \"$@\"\n");
    ::chmod(script.c_str(), 0700);
    write_file(file("config.json"), R"({"execute": {"compiler": ")" + script + R"("}})");
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] cluster_options options(int engines, const std::string& id = "") const {
    return {.engines = engines, .cluster_id = id, .more = {"--config", file("config.json")}};
  }

private:
  temporary_directory directory_;
};

/// Counts the units that it compiles.
std::string counting(const fs::path& calls) {
  return "case \"$*\" in *snippet.cpp*) echo call >>" + calls.string() + ";; esac";
}

int lines_of(const fs::path& file) {
  const auto text = content_of(file);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

cluster_options configured(const fs::path& file, const std::string& text) {
  write_file(file, text);
  return {.engines = 1, .more = {"--config", file.string()}};
}

} // namespace

TEST_SUITE_BEGIN("execute");

TEST_CASE("code is compiled once for all engines of a host, and of its other clusters") {
  const temporary_directory directory;
  const auto calls = directory.path() / "calls";
  const scripted compiler{counting(calls)};
  const temporary_cluster cluster{compiler.options(4)};
  const auto c = cluster.client();
  CHECK(c[all].execute("20 + 22").get().size() == 4);
  CHECK(lines_of(calls) == 1);
  CHECK(c[all].execute("20 + 22").get().back().result == value{42});
  CHECK(lines_of(calls) == 1);
  const auto pid = worker_pid(c, 3);
  c.restart(); // workers that know nothing
  REQUIRE(eventually(15s, [&] { return answers(c, 3) && worker_pid(c, 3) != pid; }));
  for (const auto engine : c.ids()) REQUIRE(answers(c, engine));
  CHECK(c[all].execute("20 + 22").get().back().count == 1);
  CHECK(lines_of(calls) == 1);
  const auto options = compiler.options(2, "other");
  auto other =
      cluster.pactor({"start", "-n", "2", "--daemonize", "--cluster-id", "other", "--config", options.more[1]});
  REQUIRE(other.exit_code == 0);
  client_options connection;
  connection.connection_file = cluster.connection_file(security::role::client, "other");
  CHECK(client{connection}[all].execute("20 + 22").get().size() == 2);
  CHECK(lines_of(calls) == 1);
  CHECK(cluster.pactor({"stop", "--cluster-id", "other"}).exit_code == 0);
  CHECK((fs::status(cluster.directory() / "cache").permissions() & fs::perms::mask) == fs::perms::owner_all);
}

TEST_CASE("a compile error shows the user's own line, and changes nothing") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all].execute("int k = 1;").get();
  const auto e = caught<compile_error>([&] { c[0].execute("k = 2;\nint n = kk + 1;\n").get(); });
  REQUIRE(e);
  CHECK(e->code() == ec::compile_error);
  CHECK(e->info().what == "px:2:9: error: use of undeclared identifier 'kk'\n"
                          "    int n = kk + 1;\n"
                          "            ^");
  CHECK(c[0].execute("k").get().result == value{1});
  const auto both = caught<composite_error>([&] { c[all].execute("int n = ;").get(); });
  REQUIRE(both);
  CHECK(both->failures().at(0).what == both->failures().at(1).what);
  CHECK(both->failures().at(0).what.starts_with("px:1:9: error: "));
}

TEST_CASE("a compiler that is not there, or not wanted, is an error that says what to do") {
  const temporary_directory directory;
  {
    const temporary_cluster cluster{
        configured(directory.path() / "none.json", R"({"execute": {"compiler": "/nowhere/c++"}})")};
    const auto c = cluster.client();
    const auto e = caught<error>([&] { c[0].execute("1").get(); });
    REQUIRE(e);
    CHECK(e->code() == ec::system);
    CHECK(contains(e->what(), "the compiler that is configured is not there: /nowhere/c++"));
    CHECK(worker_pid(c, 0) > 0);
  }
  const temporary_cluster cluster{configured(directory.path() / "off.json", R"({"execute": {"enabled": false}})")};
  const auto c = cluster.client();
  const auto e = caught<error>([&] { c[0].execute("1").get(); });
  REQUIRE(e);
  CHECK(e->code() == ec::refused);
  CHECK(contains(e->what(), "this host executes no code: \"execute.enabled\" is false in its configuration"));
}

TEST_CASE("a loop without an end is one, with either compiler, until its limit ends it") {
  const temporary_directory directory;
  for (const std::string compiler : {"clang++", "g++"}) {
    CAPTURE(compiler);
    const temporary_cluster cluster{
        configured(directory.path() / "config.json",
                   R"({"execute": {"compiler": ")" + compiler + R"(", "flags": ["-DSEVEN=7"]}})")};
    const auto c = cluster.client();
    CHECK(c[0].execute("SEVEN").get().result == value{7}); // the flags come that far, too
    const auto loop = "if (endless) while (true) {}";
    c[0].push("endless", false).get();
    c[0].execute(loop).get(); // compiled before its time is limited
    c[0].push("endless", true).get();
    const auto limited = c[0].with(task_options{.run_limit = 500ms}).execute(loop);
    CHECK(caught<run_limit_exceeded>([&] { limited.get(60s); }));
    REQUIRE(eventually(30s, [&] { return c.status().engines.at(0).state == "idle"; }));
    // Columns are of the code, whatever stands in front.
    const auto e = caught<compile_error>([&] { c[0].execute("\tauto \u00e4 = nothing_such;").get(); });
    REQUIRE(e);
    CHECK(contains(e->what(), "px:1:12: error: "));
  }
}

TEST_CASE("without a place for what is compiled, the error names it") {
  const temporary_cluster cluster{1};
  write_file(cluster.directory() / "cache", "in the way");
  const auto c = cluster.client();
  const auto e = caught<error>([&] { c[0].execute("1").get(); });
  REQUIRE(e);
  CHECK(e->code() == ec::system);
  CHECK(contains(e->what(), (cluster.directory() / "cache").string()));
  fs::remove(cluster.directory() / "cache");
  CHECK(c[0].execute("1").get().result == value{1});
}

TEST_CASE("compiling ends with its task: when it is cancelled, at its limit, and when the worker is killed") {
  const temporary_directory directory;
  const auto pids = directory.path() / "pids";
  const auto new_pids = pids.string() + ".new";
  const scripted compiler{"case \"$*\" in *forever*) ;; *snippet.cpp*)\n grep -q forever \"$(echo \"$*\" | grep -o "
                          "'[^ ]*snippet.cpp')\" && { sleep 3600 & echo $! >" +
                          new_pids + "; mv " + new_pids + " " + pids.string() + "; wait; } ;; esac"};
  const temporary_cluster cluster{compiler.options(2)};
  const auto c = cluster.client();
  c[all].execute("int k = 1;").get();
  const auto compiling = [&] {
    REQUIRE(eventually(30s, [&] { return fs::exists(pids); }));
    const auto pid = static_cast<pid_t>(std::stol(content_of(pids)));
    fs::remove(pids);
    return pid;
  };
  const auto ended = [](pid_t pid) { return eventually(15s, [&] { return ::kill(pid, 0) != 0; }); };

  const auto cancelled = c[0].execute("int forever = k;");
  auto sleeper = compiling();
  cancelled.cancel();
  CHECK(caught<task_cancelled>([&] { cancelled.get(15s); }));
  CHECK(ended(sleeper));
  CHECK(c[0].execute("k").get().result == value{1}); // the same worker

  const auto limited = c[0].with(task_options{.run_limit = 1s}).execute("int forever = k;");
  CHECK(caught<run_limit_exceeded>([&] { limited.get(30s); }));
  CHECK(ended(compiling()));

  // Who compiles is killed; who waits for it takes over.
  const auto first = c[0].execute("int forever = k + 1;");
  sleeper = compiling();
  const auto second = c[1].execute("int forever = k + 1;");
  ::kill(c.status().engines.at(0).pid, SIGKILL);
  CHECK(caught<engine_lost>([&] { first.get(15s); }));
  CHECK(ended(sleeper));
  sleeper = compiling();
  second.cancel();
  CHECK(caught<task_cancelled>([&] { second.get(15s); }));
  CHECK(ended(sleeper));
}

TEST_SUITE_END();
