// Options of load-balanced tasks, with real processes.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  temporary_cluster cluster{2};
  pactor::client c = cluster.client();
  load_balanced_view view = c.load_balanced_view();

  [[nodiscard]] std::string path(const std::string& name) const { return (cluster.directory() / name).string(); }
  /// What tasks wrote with `note`, in the order in which they ran.
  [[nodiscard]] std::vector<long> notes(const std::string& name) const {
    std::vector<long> all;
    std::ifstream in{path(name)};
    for (long n = 0; in >> n;) all.push_back(n);
    return all;
  }
  /// Keeps both engines busy until `go` is written. They run when this returns.
  [[nodiscard]] async_result<void, shape::mapped> hold() const {
    auto held = view.map_async<void>("until_exists", std::vector(2, path("go")), {.chunksize = 1});
    REQUIRE(eventually(
        15s, [&] { return std::ranges::all_of(c.status().engines, [](const auto& e) { return e.state == "busy"; }); }));
    return held;
  }
  void go() const { write_file(path("go"), ""); }
};

} // namespace

TEST_SUITE_BEGIN("balanced");

TEST_CASE_FIXTURE(fixture, "a task that fails is run again until it has a result") {
  CHECK(view.with({.retries = 3}).apply_async<long>("fail_times", path("a"), 3).get(30s) == 4);
  CHECK(notes("a").size() == 4);
}

TEST_CASE_FIXTURE(fixture, "retries are used up, and the last error is the task's") {
  const auto e =
      caught<remote_error>([&] { view.with({.retries = 2}).apply_async<long>("fail_times", path("a"), 9).get(30s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "failed 3 times"));
  CHECK(notes("a").size() == 3);
}

TEST_CASE_FIXTURE(fixture, "a task that can't run on one engine runs on another") {
  for (const int engine : {0, 1})
    for (int i = 0; i < 5; ++i) CHECK(view.apply_async<int>("only_on", engine).get(30s) == engine);
  const auto nowhere = caught<impossible_dependency>([&] { view.apply_async<int>("only_on", 7).get(30s); });
  REQUIRE(nowhere);
  CHECK(contains(nowhere->what(), "not on engine"));
}

TEST_CASE_FIXTURE(fixture, "a task runs after those that it depends on, of both kinds of views") {
  const auto held = hold();
  const auto direct = c[0].apply_async<long>("note", path("a"), 1L);
  const auto first = view.apply_async<long>("note", path("a"), 2L);
  const auto last = view.with({.priority = 50, .after = {direct, first}}).apply_async<long>("note", path("a"), 3L);
  go();
  CHECK(last.get(30s) == 10);
  const auto order = notes("a");
  REQUIRE(order.size() == 3);
  CHECK(order.back() == 3);
  CHECK(view.with({.after = {direct}}).apply_async<long>("note", path("a"), 4L).get(30s) == 13);
}

TEST_CASE_FIXTURE(fixture, "a task follows those that it depends on to their engine") {
  for (const int engine : {1, 0, 1}) {
    const auto there = view.apply_async<int>("only_on", engine);
    CHECK(view.with({.follow = {there}}).apply_async<int>("engine_number").get(30s) == engine);
  }
}

TEST_CASE_FIXTURE(fixture, "what depends on an error ends at once, and so does what depends on that; clean-up runs") {
  const auto bad = view.apply_async<void>("throw_std", std::string{"no"});
  const auto good = view.apply_async<int>("engine_number");
  const auto never = view.with({.after = {bad, good}}).apply_async<long>("note", path("a"), 1L);
  const auto nor = view.with({.after = {never}}).apply_async<long>("note", path("a"), 2L);
  const auto tidy =
      view.with({.after = {{bad}, {.success = false, .failure = true}}}).apply_async<long>("note", path("b"), 3L);
  const auto any = view.with({.after = {{bad, good}, {.all = false}}}).apply_async<long>("note", path("b"), 4L);
  CHECK(caught<impossible_dependency>([&] { never.get(30s); }));
  CHECK(caught<impossible_dependency>([&] { nor.get(30s); }));
  CHECK(tidy.get(30s) == 10);
  CHECK(any.get(30s) == 13);
  CHECK(notes("a").empty());
}

TEST_CASE_FIXTURE(fixture, "a task waits no longer than its timeout, and does not run after it") {
  const auto held = hold();
  const auto late = view.with({.timeout = 100ms}).apply_async<long>("note", path("a"), 1L);
  CHECK(caught<task_timeout>([&] { late.get(30s); }));
  const auto patient = view.with({.timeout = 60s}).apply_async<long>("note", path("a"), 2L);
  go();
  CHECK(patient.get(30s) == 7);
  CHECK(notes("a") == std::vector{2L});
}

TEST_CASE_FIXTURE(fixture, "tasks with a higher priority go first") {
  const auto held = hold();
  const auto one = c.load_balanced_view(0);
  std::vector<async_result<long>> results;
  for (const int priority : {0, -5, 7, 0, 100})
    results.push_back(one.with({.priority = priority}).apply_async<long>("note", path("a"), long{priority}));
  go();
  for (const auto& r : results) r.get(30s);
  CHECK(notes("a") == std::vector{100L, 7L, 0L, 0L, -5L});
}

TEST_CASE_FIXTURE(fixture, "a task that must not run twice fails when its engine is lost, and says so") {
  const auto once = view.with({.idempotent = false}).apply_async<void>("note_until", path("a"), path("go"));
  REQUIRE(eventually(15s, [&] { return notes("a").size() == 1; }));
  std::vector<engine_info> engines;
  REQUIRE(eventually(15s, [&] {
    engines = c.status().engines;
    return std::ranges::any_of(engines, [](const auto& e) { return e.state == "busy"; });
  }));
  ::kill(std::ranges::find(engines, std::string{"busy"}, &engine_info::state)->pid, SIGKILL);
  const auto e = caught<engine_lost>([&] { once.get(30s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "must not run twice"));
  CHECK(notes("a").size() == 1);
  for (const int engine : {0, 1}) CHECK(answers(c, engine));
}

TEST_CASE_FIXTURE(fixture, "a task that kills each worker ends after its budget while others finish") {
  const auto poison = view.apply_async<void>("abort");
  const auto others = view.map_async<long>("identity", std::views::iota(0, 500), {.chunksize = 1});
  CHECK(caught<engine_lost>([&] { poison.get(60s); }));
  CHECK(others.get(60s).size() == 500);
  for (const int engine : {0, 1}) CHECK(answers(c, engine));
}

TEST_CASE("a cluster is started with a scheme: lru gives a task to whoever waited longest, however much it has") {
  const temporary_cluster cluster{{.engines = 2, .more = {"--scheduler", "lru", "--hwm", "5"}}};
  const auto c = cluster.client();
  const auto go = (cluster.directory() / "go").string();
  const auto has = [&](int engine, std::uint64_t tasks) {
    return eventually(15s, [&] { return c.queue_status().engines.at(engine).tasks == tasks; });
  };
  std::vector<async_result<void>> held;
  const auto hold = [&](const targets& where) {
    held.push_back(c.load_balanced_view(where).apply_async<void>("until_exists", go));
  };
  for (int i = 0; i < 3; ++i) hold(1);
  REQUIRE(has(1, 3));
  hold(0);
  REQUIRE(has(0, 1));
  hold(all); // by load it would be engine 0
  CHECK(has(1, 4));
  write_file(go, "");
  for (const auto& r : held) CHECK_NOTHROW(r.get(30s));
}

TEST_CASE("a cluster is started with a scheme: by chance, an engine gets tasks one after the other") {
  const temporary_cluster cluster{{.engines = 2, .more = {"--scheduler", "plainrandom"}}};
  const auto c = cluster.client();
  const auto view = c.load_balanced_view();
  // By load, or by turns, two engines that idle would alternate.
  int before = view.apply_sync<int>("engine_number"), again = 0;
  for (int i = 0; i < 60; ++i)
    again += static_cast<int>(std::exchange(before, view.apply_sync<int>("engine_number")) == before);
  CHECK(again > 0);
}

TEST_CASE("a cluster is started with a high water mark: no engine is given more tasks") {
  const temporary_cluster cluster{{.engines = 2, .more = {"--hwm", "1"}}};
  const auto c = cluster.client();
  const auto view = c.load_balanced_view();
  view.map_sync<long>("identity", std::views::iota(0, 500), {.chunksize = 1}); // of short ones many would be given
  const auto go = (cluster.directory() / "go").string();
  const auto held = c[all].apply_async<void>("until_exists", go); // the scheduler does not know of these
  const auto queued = view.map_async<long>("identity", std::views::iota(0, 50), {.chunksize = 1});
  CHECK(eventually(15s, [&] { return c.status().unassigned == 48; }));
  write_file(go, "");
  CHECK(queued.get(30s).size() == 50);
}

TEST_CASE_FIXTURE(fixture, "the shell has the options") {
  const auto result = cluster.pactor({"apply", "fail_times", path("a"), "2", "--balanced", "--retries", "2"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, " 3"));
  CHECK(cluster.pactor({"apply", "fail_times", path("a"), "2", "--retries", "2"}).exit_code == 2);
  CHECK(cluster.pactor({"map", "power10", "0:7", "--balanced", "--unordered", "--priority", "5"}).exit_code == 0);
  CHECK(cluster.pactor({"apply", "hello", "--balanced", "--priority", "101"}).exit_code == 2);
}

TEST_SUITE_END();
