// Processes that die, and jobs that take theirs along: others notice as little as possible.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <ranges>
#include <set>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// A file that jobs wait for.
class sign {
public:
  explicit sign(const pactor_home& home, const std::string& name = "go") : path_{home.directory() / name} {}
  [[nodiscard]] std::string path() const { return path_.string(); }
  void give() const { write_file(path_, ""); }

private:
  std::filesystem::path path_;
};

std::uint32_t restarts(const client& c, std::size_t engine) { return c.status().engines.at(engine).restarts; }

} // namespace

TEST_SUITE_BEGIN("faults");

TEST_CASE("a worker killed under a direct task: the caller hears at once, the engine answers again") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all]["a"] = 1;
  const auto pid = worker_pid(c, 1);
  const auto lost = c[1].apply_async<void>("until_exists", sign{cluster}.path());
  const auto behind = c[1].apply_async<int>("getpid");
  const auto elsewhere = c[0].apply_async<int>("getpid");
  REQUIRE(eventually(15s, [&] { return c.status().engines[1].state == "busy"; }));
  ::kill(pid, SIGKILL);
  const auto e = caught<engine_lost>([&] { lost.get(15s); });
  REQUIRE(e);
  CHECK(e->info().engine == 1);
  CHECK(e->info().signal == SIGKILL);
  CHECK(e->info().pid == pid);
  CHECK(e->info().job == "until_exists");
  CHECK(contains(e->what(), "signal 9"));
  CHECK(elsewhere.get() == worker_pid(c, 0));
  // What waited behind it is lost with the namespace, or runs in the new one; it ends in any case.
  behind.wait();

  REQUIRE(answers(c, 1));
  CHECK(worker_pid(c, 1) != pid);
  CHECK(c.ids() == std::vector{0, 1});
  CHECK(caught<remote_error>([&] { (void)c[1].pull("a"); })->code() == ec::missing_variable);
  CHECK(c[0].pull<int>("a") == 1);
  CHECK(c[1].apply_sync<int>("engine_number") == 1);
  CHECK(eventually(15s, [&] { return restarts(c, 1) == 1; }));
  CHECK(contains(c.status().engines[1].last_loss, "signal 9"));
}

TEST_CASE("an idle worker that is killed is replaced") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto pid = worker_pid(c, 0);
  ::kill(pid, SIGKILL);
  REQUIRE(eventually(15s, [&] { return restarts(c, 0) == 1; }));
  REQUIRE(answers(c, 0));
  CHECK(worker_pid(c, 0) != pid);
}

TEST_CASE("how often workers are started again, and what a client may have open, is configured") {
  const pactor_home home;
  const auto file = home.directory() / "lab.json";
  std::ofstream{file} << R"({"supervision": {"intensity": 0}, "limits": {"open_tasks": 3}})";
  const temporary_cluster cluster{{.engines = 2, .more = {"--config", file.string()}}};
  const auto c = cluster.client();
  const sign go{cluster};
  std::vector<async_result<void>> all;
  for (const bool balanced : {false, true}) {
    CAPTURE(balanced);
    for (int i = 0; i < 4; ++i)
      all.push_back(balanced ? c.load_balanced_view().apply_async<void>("until_exists", go.path())
                             : c[0].apply_async<void>("until_exists", go.path()));
    const auto e = caught<error>([&] { all.back().get(15s); });
    REQUIRE(e);
    CHECK(e->code() == ec::would_block);
    CHECK(contains(e->what(), "(3, or 4096 MiB of arguments)"));
    all.pop_back();
  }
  go.give();
  for (const auto& r : all) CHECK_NOTHROW(r.get(15s));
  ::kill(static_cast<pid_t>(worker_pid(c, 1)), SIGKILL);
  CHECK(eventually(15s, [&] { return c.ids() == std::vector{0}; }));
}

TEST_CASE("balanced tasks of a killed worker run elsewhere, and all complete") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  const sign go{cluster};
  const auto view = c.load_balanced_view();
  const auto held = view.map_async<void>("until_exists", std::vector(3, go.path()), {.chunksize = 1});
  const auto queued = view.map_async<long>("identity", std::views::iota(0, 500), {.chunksize = 1});
  REQUIRE(eventually(
      15s, [&] { return std::ranges::all_of(c.status().engines, [](const auto& e) { return e.state == "busy"; }); }));
  ::kill(cluster.pids("worker").at(1), SIGKILL);
  go.give();
  CHECK_NOTHROW(held.get(30s));
  const auto numbers = queued.get(30s);
  for (std::size_t i = 0; i < 500; ++i) CHECK(numbers[i] == static_cast<long>(i));
}

TEST_CASE("a task that kills every worker is given up; the cluster is whole again") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  const auto view = c.load_balanced_view();
  const auto poison = view.apply_async<void>("abort");
  const auto others = view.map_async<long>("identity", std::views::iota(0, 200), {.chunksize = 1});
  const auto e = caught<engine_lost>([&] { poison.get(60s); });
  REQUIRE(e);
  CHECK(e->info().signal == SIGABRT);
  CHECK(others.get(60s).size() == 200);
  for (const auto engine : {0, 1, 2}) CHECK(answers(c, engine));
  CHECK(c.size() == 3);
}

TEST_CASE("jobs that take their process along cost just that, and are told apart") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[1]["a"] = 5;
  const auto pid = worker_pid(c, 1);
  const auto die = [&](const std::string& job) {
    CAPTURE(job);
    const auto e = caught<engine_lost>([&] { c[0].apply_async<value>(job).get(30s); });
    REQUIRE(e);
    CHECK(e->info().engine == 0);
    CHECK(answers(c, 0));
    return e->info();
  };
  const auto aborted = die("abort");
  CHECK(aborted.signal == SIGABRT);
  const auto gone = die("exit0");
  CHECK(gone.signal == 0);
  CHECK(gone.exit_code == 0);
  CHECK(contains(gone.what, "exit code 0"));
  CHECK(gone.backtrace.empty());
  const auto crashed = die("segfault");
  CHECK(crashed.signal == SIGSEGV);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // these have handlers of their own
  CHECK(contains(crashed.what, "signal 11 (Segmentation fault) in faults::segfault()"));
  CHECK(contains(crashed.backtrace, "faults::segfault() (libfaults.so)"));
  CHECK(contains(aborted.backtrace, "faults::abort() (libfaults.so)"));
  const auto unhandled = die("throw_in_thread");
  CHECK(unhandled.signal == SIGABRT);
  CHECK(contains(unhandled.what, "nobody catches this")); // what std::terminate() says
  CHECK(contains(unhandled.backtrace, "faults::throw_in_thread"));
  CHECK(contains(c.status().engines[0].last_loss, "in faults::throw_in_thread"));
#endif
  CHECK(c[1].pull<int>("a") == 5);
  CHECK(worker_pid(c, 1) == pid);
}

TEST_CASE("a job that overflows its stack, and one that closes all descriptors") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto pid = worker_pid(c, 1);
  const auto overflow = caught<engine_lost>([&] { c[0].apply_async<int>("stack_overflow").get(30s); });
  CHECK((overflow && overflow->info().signal == SIGSEGV));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK((overflow && contains(overflow->info().backtrace, "faults::deeper(int)")));
#endif
  REQUIRE(answers(c, 0));
  const auto mute = caught<engine_lost>([&] { c[0].apply_async<void>("close_fds").get(30s); });
  CHECK((mute && mute->info().engine == 0));
  CHECK(answers(c, 0));
  CHECK(worker_pid(c, 1) == pid);
  CHECK(cluster.pids("worker").size() == 2); // the mute one is not left behind
}

TEST_CASE("a job that never returns holds up its engine only, and ends with the cluster") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto stuck = c[0].apply_async<void>("never_returns");
  const auto waiting = c[0].apply_async<std::string>("hello");
  for (int i = 0; i < 20; ++i) CHECK(c[1].apply_sync<std::string>("hello") == "Hello World!");
  CHECK(c.load_balanced_view("1").apply_sync<std::string>("hello") == "Hello World!");
  CHECK_FALSE(stuck.ready());
  CHECK_FALSE(waiting.ready());
  CHECK(cluster.pactor({"stop"}).exit_code == 0);
  CHECK(cluster.leftovers() == "");
  CHECK_THROWS_AS(stuck.get(15s), const error&);
  CHECK_THROWS_AS(waiting.get(15s), const error&);
}

TEST_CASE("a killed node comes back with the same engines, which are empty") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  c[all]["a"] = 1;
  const auto node = cluster.pid("node");
  const auto before = cluster.pids("worker");
  const auto directed = c[2].apply_async<void>("until_exists", sign{cluster, "never"}.path());
  ::kill(node, SIGKILL);
  const auto e = caught<engine_lost>([&] { directed.get(15s); });
  CHECK((e && e->info().engine == 2));
  const auto balanced = c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 50));
  CHECK(eventually(15s, [&] { // until then the client may not have heard of the loss
    const auto nodes = cluster.pids("node");
    return nodes.size() == 1 && nodes[0] != node;
  }));
  c.wait_for_engines(3);
  CHECK(c.ids() == std::vector{0, 1, 2});
  for (const auto engine : {0, 1, 2}) {
    REQUIRE(answers(c, engine));
    CHECK(c[engine].apply_sync<int>("engine_number") == engine);
    CHECK(caught<remote_error>([&] { (void)c[engine].pull("a"); })->code() == ec::missing_variable);
  }
  CHECK(balanced.get(30s).size() == 50);
  // The old workers went with their node.
  CHECK(eventually(15s, [&] {
    return std::ranges::none_of(cluster.pids("worker"), [&](pid_t p) { return std::ranges::count(before, p) > 0; });
  }));
  CHECK(cluster.pids("worker").size() == 3);
}

TEST_CASE("a client that is killed with tasks under way is missed by nobody") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const sign go{cluster};
  {
    // Holds both engines, with more queued behind, large ones too.
    auto doomed = cluster.pactor_beside({"apply", "until_exists", go.path()});
    auto also = cluster.pactor_beside({"map", "power10", "0:2000000", "--balanced", "--chunksize", "100000"});
    REQUIRE(eventually(
        15s, [&] { return std::ranges::all_of(c.status().engines, [](const auto& e) { return e.state == "busy"; }); }));
    REQUIRE(eventually(15s, [&] { return c.status().clients == 3; }));
    doomed.signal(SIGKILL);
    also.signal(SIGKILL);
  }
  const auto mine = c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 100), {.chunksize = 1});
  const auto directed = c[all].apply_async<std::string>("hello");
  CHECK(eventually(15s, [&] { return c.status().clients == 1; }));
  go.give();
  CHECK(mine.get(30s).size() == 100);
  CHECK(directed.get(30s).size() == 2);
  CHECK(eventually(15s, [&] {
    const auto s = c.status();
    return s.unassigned == 0 && std::ranges::all_of(s.engines, [](const auto& e) { return e.state == "idle"; });
  }));
  for (const auto& e : c.status().engines) CHECK(e.restarts == 0);
}

TEST_CASE("many deaths under many callers: every call ends") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  std::vector<std::future<int>> callers;
  for (int t = 0; t < 3; ++t)
    callers.push_back(std::async(std::launch::async, [c] {
      int ended = 0;
      for (int i = 0; i < 60; ++i) {
        const auto r = c.load_balanced_view().apply_async<long>("identity", i);
        const auto d = c["::"].apply_async<long>("identity", i);
        ended += r.wait(60s) && d.wait(60s);
        if (r.successful() && r.get() != i) return -1;
      }
      return ended;
    }));
  for (int k = 0; k < 3; ++k)
    if (const auto workers = cluster.pids("worker"); !workers.empty()) ::kill(workers.front(), SIGKILL);
  for (auto& caller : callers) CHECK(caller.get() == 60);
}

TEST_CASE("libraries that can't be used are named in the log, and everything lives on") {
  const temporary_directory place;
  const std::filesystem::path refused = PACTOR_TEST_REFUSED_JOBS;
  for (const auto* name : {"libnewer_abi.so", "libjobless.so", "libunloadable.so"})
    std::filesystem::copy_file(refused / name, place.path() / name);
  write_file(place.path() / "libtext.so", "This is no library.\n");
  write_file(place.path() / "libempty.so", "");
  write_file(place.path() / "libhalf.so", content_of(refused / "libjobless.so").substr(0, 3000));

  const temporary_cluster cluster{{.engines = 2, .more = {"--jobs", place.path()}}};
  const auto c = cluster.client();
  const auto log = cluster.log("node");
  CAPTURE(log);
  for (const auto* name : {"libnewer_abi.so", "libtext.so", "libempty.so", "libhalf.so"}) CHECK(contains(log, name));
  CHECK(contains(log, "ABI"));
  CHECK(c[all].apply_sync<std::string>("hello").size() == 2);
  CHECK_THROWS_AS(c[all].apply_async("trivial"), const unknown_job&);
  // Lists well; what is wrong with it shows when it is needed, and says so.
  const auto e = caught<error>([&] { c[0].apply_sync<int>("needs_it", 1); });
  CHECK((e && contains(e->what(), "libunloadable.so")));
  CHECK(c[0].apply_sync<std::string>("hello") == "Hello World!");
  for (const auto& engine : c.status().engines) CHECK(engine.restarts == 0);
}

TEST_SUITE_END();
