// Tasks that are aborted, cancelled and limited; engines that are restarted, shut down and sent signals.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// Waits until an engine is in this state.
bool becomes(const client& c, int engine, const std::string& state) {
  return eventually(15s, [&] {
    for (const auto& e : c.status().engines)
      if (e.id == engine) return e.state == state;
    return false;
  });
}

std::string path_in(const pactor_home& home, const std::string& name) { return (home.directory() / name).string(); }

} // namespace

TEST_SUITE_BEGIN("control");

TEST_CASE("queued tasks are aborted on both views, never run, and others go on") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = path_in(cluster, "go"), trace = path_in(cluster, "trace");
  const auto running = c[0].apply_async<void>("until_exists", go);
  const auto direct = c[0].apply_async<void>("touch", trace);
  const auto balanced = c.load_balanced_view().map_async<void>("touch", std::vector(200, trace), {.chunksize = 1});
  const auto last = c[0].apply_async<int>("getpid");
  REQUIRE(becomes(c, 0, "busy"));
  direct.abort();
  balanced.abort();
  const auto e = caught<task_aborted>([&] { direct.get(15s); });
  REQUIRE(e);
  CHECK(e->code() == ec::aborted);
  CHECK(contains(e->what(), "before it started"));
  CHECK(caught<composite_error>([&] { balanced.get(15s); })->failures().size() == 200);
  CHECK(!running.ready());
  running.abort(); // it runs
  write_file(go, "");
  CHECK_NOTHROW(running.get(15s));
  CHECK(last.get(15s) == worker_pid(c, 0));
  CHECK(!std::filesystem::exists(trace));
  CHECK(caught<error>([&] { running.abort(); })->code() == ec::invalid_argument);
}

TEST_CASE("a running task is cancelled: it returns what it has, or says by whom it was ended") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto asks = c[0].apply_async<bool>("until_cancelled");
  const auto dozes = c.load_balanced_view("1").apply_async<void>("doze", 3600.0);
  REQUIRE(becomes(c, 0, "busy"));
  REQUIRE(becomes(c, 1, "busy"));
  const auto pid = c.status().engines.at(1).pid;
  asks.cancel();
  CHECK(asks.get(15s));
  dozes.cancel(end_how::interrupt);
  const auto e = caught<task_cancelled>([&] { dozes.get(15s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "interrupted by client"));
  CHECK(e->info().job == "doze");
  CHECK(e->info().engine == 1);
  // What comes next is not hit, and the worker is the same.
  for (int i = 0; i < 20; ++i) CHECK_NOTHROW(c[1].apply_sync<void>("doze", 0.001));
  CHECK(worker_pid(c, 1) == pid);
}

TEST_CASE("a map that is cancelled ends between its elements") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto r = c[all].map_async<int>("slow_element", std::views::iota(0, 100'000));
  REQUIRE(becomes(c, 0, "busy"));
  r.cancel();
  CHECK(caught<task_cancelled>([&] { r.get(15s); }));
}

TEST_CASE("a kill takes the worker of that task only, and nothing is run again") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all]["a"] = 1;
  const auto runs = c.load_balanced_view().apply_async<void>("deaf");
  REQUIRE(eventually(15s, [&] {
    const auto s = c.status();
    return s.engines[0].state == "busy" || s.engines[1].state == "busy";
  }));
  runs.cancel(end_how::kill);
  const auto e = caught<task_cancelled>([&] { runs.get(15s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "killed by client"));
  const auto engine = e->info().engine;
  REQUIRE(answers(c, engine));
  CHECK(caught<remote_error>([&] { (void)c[engine].pull("a"); })->code() == ec::missing_variable);
  CHECK(c[1 - engine].pull<int>("a") == 1);
  CHECK(c.queue_status().engines.at(1 - engine).completed >= 1);
}

TEST_CASE("a job that never checks is ended by its limit, and the engine answers again") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const task_options limited{.run_limit = 100ms};
  const auto e = caught<run_limit_exceeded>([&] { c[0].with(limited).apply_async<void>("deaf").get(30s); });
  REQUIRE(e);
  CHECK(e->code() == ec::run_limit);
  CHECK(contains(e->what(), "limit of 0.1 s and was killed"));
  REQUIRE(answers(c, 0));
  const auto polite = caught<run_limit_exceeded>(
      [&] { c.load_balanced_view().with(limited).apply_async<void>("doze", 60.0).get(30s); });
  REQUIRE(polite);
  CHECK(contains(polite->what(), "ended when it was asked to"));
  CHECK(c[0].with(limited).apply_sync<double>("power10", 2.0) == 1024.0);
}

TEST_CASE("engines are restarted while others work") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all]["a"] = 1;
  const auto go = path_in(cluster, "go");
  const auto works = c[1].apply_async<void>("until_exists", go);
  const auto stuck = c[0].apply_async<void>("deaf");
  REQUIRE(becomes(c, 0, "busy"));
  c.restart("0");
  const auto e = caught<engine_lost>([&] { stuck.get(15s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "restarted by client"));
  REQUIRE(answers(c, 0));
  CHECK(caught<remote_error>([&] { (void)c[0].pull("a"); }));
  CHECK(!works.ready());
  write_file(go, "");
  CHECK_NOTHROW(works.get(15s));
  CHECK(c[1].pull<int>("a") == 1);
}

TEST_CASE("engines are shut down; the others, and the cluster, stay") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  const auto stuck = c[2].apply_async<void>("deaf");
  REQUIRE(becomes(c, 2, "busy"));
  c[{1, 2}].shutdown();
  CHECK(caught<engine_lost>([&] { stuck.get(15s); }));
  REQUIRE(eventually(15s, [&] { return c.ids() == std::vector{0}; }));
  CHECK(c[all].apply_sync<double>("power10", 2.0) == std::vector{1024.0});
  CHECK(c.load_balanced_view().map_sync<double>("power10", std::views::iota(0, 3)).size() == 3);
  CHECK(cluster.pids("worker").size() == 1);
  c.shutdown("all");
  REQUIRE(eventually(15s, [&] { return c.ids().empty(); }));
  CHECK(eventually(15s, [&] { return cluster.pids("node").empty(); }));
  CHECK(c.connected());
}

TEST_CASE("a client ends the whole cluster") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c.shutdown();
  CHECK(eventually(15s, [&] { return !c.connected(); }));
  CHECK(cluster.leftovers() == "");
}

TEST_CASE("signals: an interrupt ends a task that checks, outside of tasks it does nothing") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto pid = worker_pid(c, 0);
  c.signal(SIGINT, "0");
  const auto dozes = c[0].apply_async<void>("doze", 3600.0);
  REQUIRE(becomes(c, 0, "busy"));
  CHECK(!dozes.ready());
  c.signal(SIGINT, "0");
  const auto e = caught<task_cancelled>([&] { dozes.get(15s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "SIGINT"));
  CHECK(worker_pid(c, 0) == pid);
  CHECK(caught<error>([&] { c.signal(4711); })->code() == ec::invalid_argument);

  c.signal(SIGSTOP, "1");
  CHECK(becomes(c, 1, "stopped"));
  c.signal(SIGCONT, "1");
  CHECK(becomes(c, 1, "idle"));
}

TEST_CASE("a stopped worker can be told from a busy one, and goes on with its task") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto go = path_in(cluster, "go");
  const auto both = c[all].apply_async<void>("until_exists", go);
  REQUIRE(becomes(c, 0, "busy"));
  REQUIRE(becomes(c, 1, "busy"));
  const auto pid = c.status().engines.at(1).pid;
  ::kill(pid, SIGSTOP);
  REQUIRE(becomes(c, 1, "stopped"));
  const auto table = cluster.pactor({"status"}).out;
  CHECK(contains(table, "busy"));
  CHECK(contains(table, "stopped"));
  CHECK(c.status().engines.at(0).state == "busy");
  ::kill(pid, SIGCONT);
  CHECK(becomes(c, 1, "busy"));
  write_file(go, "");
  CHECK_NOTHROW(both.get(15s));
  CHECK(c.status().engines.at(1).pid == pid);
}

TEST_CASE("the shell aborts what engines have queued, and lists it") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto dozes = c[0].apply_async<void>("doze", 3600.0);
  REQUIRE(becomes(c, 0, "busy"));
  const auto waits = c[0].apply_async<int>("getpid");
  const auto elsewhere = c[1].apply_async<void>("doze", 3600.0);
  REQUIRE(becomes(c, 1, "busy"));
  const auto listed = cluster.pactor({"tasks", "--targets", "0", "--json"}).out;
  CHECK(contains(listed, dozes.names().at(0)));
  CHECK(contains(listed, waits.names().at(0)));
  CHECK_FALSE(contains(listed, elsewhere.names().at(0)));
  const auto aborted = cluster.pactor({"abort", "--targets", "0", "--json"});
  CHECK(aborted.exit_code == 0);
  CHECK(contains(aborted.out, waits.names().at(0)));
  CHECK(contains(aborted.out, R"("had_not_ended":2)"));
  CHECK(caught<task_aborted>([&] { waits.get(15s); }));
  CHECK(c.status().engines.at(0).state == "busy"); // what runs goes on
  CHECK(cluster.pactor({"abort", "-t0,1", "--cancel"}).exit_code == 0);
  CHECK(caught<task_cancelled>([&] { dozes.get(15s); }));
  CHECK(caught<task_cancelled>([&] { elsewhere.get(15s); }));
  CHECK(cluster.pactor({"abort"}).exit_code == 2);
  CHECK(cluster.pactor({"abort", "-t7"}).exit_code != 0);
}

TEST_CASE("the shell aborts tasks of others, and interrupts its own") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto dozes = c[0].apply_async<void>("doze", 3600.0);
  const auto waits = c[0].apply_async<int>("getpid");
  REQUIRE(becomes(c, 0, "busy"));
  CHECK(cluster.pactor({"abort", waits.names().at(0)}).exit_code == 0);
  CHECK(caught<task_aborted>([&] { waits.get(15s); }));
  CHECK(cluster.pactor({"abort", "--cancel", dozes.names().at(0)}).exit_code == 0);
  CHECK(contains(caught<task_cancelled>([&] { dozes.get(15s); })->what(), "cancelled by client"));
  CHECK(cluster.pactor({"abort", dozes.names().at(0)}).exit_code == 1); // it has ended
  CHECK(cluster.pactor({"abort", "nonsense"}).exit_code == 2);

  auto apply = cluster.pactor_beside({"apply", "doze", "3600"});
  REQUIRE(becomes(c, 0, "busy"));
  apply.signal(SIGINT);
  CHECK(apply.wait(15s).exit_code == 130);
  CHECK(becomes(c, 0, "idle"));
  const auto limited = cluster.pactor({"apply", "doze", "3600", "--limit", "0.1"});
  CHECK(limited.exit_code == 1);
  CHECK(contains(limited.err, "run_limit: "));

  const auto pid = worker_pid(c, 0);
  CHECK(contains(cluster.pactor({"engines"}).out, std::to_string(pid)));
  CHECK(contains(cluster.pactor({"engines", "--json"}).out,
                 "\"pid\":" + std::to_string(pid) + ",\"state\":\"idle\",\"queued\":0}]\n"));
  CHECK(cluster.pactor({"engines", "restart", "-t", "0"}).exit_code == 0);
  CHECK(eventually(15s, [&] { return c.status().engines.at(0).restarts == 1; }));
  REQUIRE(answers(c, 0));
  CHECK(cluster.pactor({"engines", "signal", "KILL"}).exit_code == 0);
  CHECK(eventually(15s, [&] { return c.status().engines.at(0).restarts == 2; }));
}

TEST_CASE("all open tasks are listed, and those that ended last") {
  const temporary_cluster cluster{2};
  const auto go = path_in(cluster, "go");
  const auto c = cluster.client();
  const auto runs = c[1].with(task_options{.label = "first"}).apply_async<void>("until_exists", go);
  const auto balanced =
      c.load_balanced_view("1").with(task_options{.label = "second"}).apply_async<void>("until_exists", go);
  const auto held = c.load_balanced_view().with(task_options{.after = {runs}}).apply_async<double>("power10", 2.0);
  CHECK(c[0].apply_sync<double>("power10", 1.0) == 1.0);
  const auto other = cluster.client();
  const auto listed = [&](const detail::async_result_base& r) {
    for (auto& t : other.tasks().tasks)
      if (t.id == r.names().at(0)) return t;
    return listed_task{};
  };
  REQUIRE(eventually(15s, [&] { return listed(balanced).state == "assigned"; }));
  CHECK(listed(runs).state == "assigned");
  CHECK(listed(runs).job == "until_exists");
  CHECK(listed(runs).label == "first");
  CHECK(listed(runs).engine == 1);
  CHECK(listed(balanced).label == "second");
  CHECK(listed(held).state == "pending");
  CHECK(listed(held).job == "power10");
  const auto shown = cluster.pactor({"tasks", "--open"});
  CHECK(contains(shown.out, "first"));
  CHECK_FALSE(contains(shown.out, "finished"));
  write_file(go, "");
  CHECK(held.get(15s) == 1024.0);
  const auto end = listed(held);
  CHECK(end.state == "finished");
  CHECK(end.job == "power10");
  CHECK(end.engine >= 0);
  CHECK(end.submitted <= end.started);
  CHECK(end.started <= end.completed);
  CHECK_FALSE(end.kept);
  CHECK_THROWS_AS(c.load_balanced_view().apply_sync<void>("throw_std", "oh no"), remote_error);
  CHECK(contains(cluster.pactor({"tasks"}).out, "failed"));
  CHECK(contains(cluster.pactor({"tasks", "--json"}).out, R"("label":"second","engine":1)"));
}

TEST_CASE("a signal that ends a command kills its tasks, and ends it also if nobody answers") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto ended_by = [&](int signal, const std::vector<std::string>& command) {
    auto apply = cluster.pactor_beside(command);
    REQUIRE(becomes(c, 0, "busy"));
    apply.signal(signal);
    const auto ended = apply.wait(15s);
    REQUIRE(answers(c, 0));
    return ended;
  };
  const auto terminated = ended_by(SIGTERM, {"apply", "doze", "3600"});
  CHECK(terminated.exit_code == 143);
  CHECK(terminated.err == "pactor apply: ended by signal 15 (Terminated)\n");
  CHECK(ended_by(SIGHUP, {"map", "doze", "[3600]"}).exit_code == 129);
  CHECK(eventually(15s, [&] { return c.status().engines.at(0).restarts == 2; }));

  const auto dozes = c[0].with({.keep = true}).apply_async<void>("doze", 3600.0);
  auto result = cluster.pactor_beside({"result", dozes.names().at(0)}); // of somebody else: only the wait ends
  REQUIRE(eventually(15s, [&] { return c.status().clients == 2; }));
  result.signal(SIGTERM);
  CHECK(result.wait(15s).exit_code == 143);
  CHECK_FALSE(dozes.ready());
  const auto unreachable = cluster.pid("controller");
  auto apply = cluster.pactor_beside({"apply", "getpid"}); // waits behind the other
  REQUIRE(eventually(15s, [&] { return c.status().engines.at(0).queued == 2; }));
  ::kill(unreachable, SIGSTOP);
  apply.signal(SIGTERM);
  CHECK(apply.wait(15s).exit_code == 143);
  ::kill(unreachable, SIGCONT);
}

TEST_CASE("what one client leaves to be kept, another fetches, as often as it likes") {
  const temporary_cluster cluster{2};
  const auto go = path_in(cluster, "go");
  const task_options kept{.label = "night run", .keep = true};
  std::vector<std::string> names;
  {
    const auto first = cluster.client();
    const auto waits = first[1].with(kept).apply_async<void>("until_exists", go);
    const auto balanced = first.load_balanced_view().with(kept).apply_async<double>("power10", 2.0);
    const auto large = first[0].with(kept).apply_async<std::vector<double>>("big", std::size_t{300'000});
    const auto fails = first.load_balanced_view("0").with(kept).apply_async<void>("throw_std", "oh no");
    CHECK(balanced.get(15s) == 1024.0); // it gets it as any other
    CHECK(large.get(15s).size() == 300'000);
    for (const auto* r :
         {&static_cast<const detail::async_result_base&>(waits),
          &static_cast<const detail::async_result_base&>(balanced),
          &static_cast<const detail::async_result_base&>(large), &static_cast<const detail::async_result_base&>(fails)})
      names.push_back(r->names().at(0));
    fails.wait(15s);
  }
  const auto second = cluster.client();
  REQUIRE(eventually(15s, [&] { return second.status().clients == 1; }));
  const auto waits = second.get_result<void>(names[0]);
  CHECK(second.get_result<double>(names[1]).get(15s) == 1024.0);
  CHECK(second.get_result<double>(names[1]).get(15s) == 1024.0);
  CHECK(second.get_result<std::vector<double>>(names[2]).get(15s).back() == 299'999.0);
  CHECK(contains(caught<remote_error>([&] { second.get_result(names[3]).get(15s); })->what(), "oh no"));
  CHECK(!waits.ready());
  auto list = second.tasks();
  std::erase_if(list.tasks, [](const listed_task& t) { return !t.kept; });
  REQUIRE(list.tasks.size() == 4);
  CHECK(list.tasks[0].id == names[0]);
  CHECK(list.tasks[0].state == "assigned");
  CHECK(list.tasks[0].kept);
  CHECK(list.tasks[0].job == "until_exists");
  CHECK(list.tasks[0].label == "night run");
  CHECK(list.tasks[1].state == "finished");
  CHECK(list.tasks[3].state == "failed");
  write_file(go, "");
  CHECK_NOTHROW(waits.get(15s));
  CHECK(contains(caught<task_error>([&] { second.get_result("77.1").get(15s); })->what(), "is not kept"));
}

TEST_CASE("the shell shows how far a call is") {
  const temporary_cluster cluster{2};
  const auto r = cluster.pactor({"map", "power10", "0:7", "--progress"});
  CHECK(r.exit_code == 0);
  CHECK(r.out == "[0.0,1.0,1024.0,59049.0,1048576.0,9765625.0,60466176.0]\n");
  CHECK(contains(r.err, "7/7"));
}

TEST_CASE("the shell leaves tasks behind, and shows their results later") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  auto submitted = cluster.pactor({"apply", "power10", "2", "--no-block", "--label", "mine", "-t", "1"});
  REQUIRE(submitted.exit_code == 0);
  const auto name = submitted.out.substr(0, submitted.out.find('\n'));
  CHECK(cluster.pactor({"result", name}).out == "[1] 1024.0\n");
  CHECK(cluster.pactor({"result"}).out == "[1] 1024.0\n");
  CHECK(cluster.pactor({"result", name, "--json"}).out == "[{\"engine\":1,\"result\":1024.0}]\n");
  CHECK(contains(cluster.pactor({"tasks"}).out, "mine"));
  CHECK(contains(cluster.pactor({"tasks", "--json"}).out, "\"state\":\"finished\""));
  CHECK(cluster.pactor({"result", "99.9"}).exit_code == 1);

  const auto later = [&](const std::vector<std::string>& command) {
    auto names = cluster.pactor(command).out;
    std::replace(names.begin(), names.end(), '\n', ' ');
    std::istringstream in{names};
    std::vector<std::string> result{"result"};
    result.insert(result.end(), std::istream_iterator<std::string>{in}, {});
    return cluster.pactor(result).out;
  };
  CHECK(later({"push", "a=6", "b=7", "--no-block"}) == "[0] null\n[1] null\n");
  CHECK(later({"pull", "a", "b", "--no-block"}) == "[0] [6,7]\n[1] [6,7]\n");
  CHECK(later({"map", "power10", "0:3", "--no-block"}) == "[0] [0.0,1.0]\n[1] [1024.0]\n");
  CHECK(later({"scatter", "x", "0:3", "--no-block"}) == "[0] null\n[1] null\n");
  CHECK(later({"gather", "x", "--no-block"}) == "[0] [0,1]\n[1] [2]\n");
  CHECK(cluster.pactor({"result"}).out == "[0] [0,1]\n[1] [2]\n"); // all that the last command submitted
  CHECK(cluster.pactor({"pull", "a", "--block", "-t0"}).out == "[0] 6\n");

  submitted = cluster.pactor({"apply", "doze", "3600", "--no-block", "-t", "0"});
  const auto dozes = submitted.out.substr(0, submitted.out.find('\n'));
  REQUIRE(becomes(c, 0, "busy"));
  CHECK(cluster.pactor({"result", dozes, "--timeout", "0.05"}).exit_code == 14);
  CHECK(cluster.pactor({"result", dozes, "--timeout", "0"}).exit_code == 14); // is it there?
  const auto in_json = cluster.pactor({"push", "a=6", "--no-block", "--json", "-t", "1"}).out;
  CHECK_MESSAGE((in_json.starts_with("[\"") && in_json.ends_with("\"]\n")), in_json);
  CHECK(cluster.pactor({"abort", "--interrupt", dozes}).exit_code == 0);
  const auto ended = cluster.pactor({"result", dozes});
  CHECK(ended.exit_code == 1);
  CHECK(contains(ended.err, "cancelled: "));
}

TEST_SUITE_END();
