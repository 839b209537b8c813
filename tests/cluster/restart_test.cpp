// The controller dies and comes back; nodes are stopped and go on: nothing is lost, and nothing is delivered twice.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <future>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// Kills the controller. @return once another one has taken its place
void restart_controller(const temporary_cluster& cluster) {
  const auto before = cluster.pid("controller");
  ::kill(before, SIGKILL);
  REQUIRE(eventually(15s, [&] {
    const auto now = cluster.pids("controller");
    return now.size() == 1 && now.front() != before;
  }));
}

} // namespace

TEST_SUITE_BEGIN("restart");

TEST_CASE("the controller is restarted: engines keep their variables, clients go on") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all]["a"] = 7;
  const auto workers = cluster.pids("worker");
  restart_controller(cluster);
  CHECK(cluster.client().ids() == std::vector{0, 1}); // not before they are back
  CHECK(c[all].pull<int>("a") == std::vector{7, 7});
  CHECK(c[1].apply_sync<int>("engine_number") == 1);
  CHECK(c.load_balanced_view().apply_sync<std::string>("hello") == "Hello World!");
  CHECK(cluster.pids("worker") == workers);
  CHECK(c.status().controller_restarts == 1);
  CHECK(contains(cluster.pactor({"status"}).out, "restarted 1x"));
  CHECK(cluster.pactor({"stop"}).exit_code == 0);
  CHECK(cluster.leftovers() == "");
}

TEST_CASE("a long job outlives the controller, and its result arrives; so do what waits behind it, in order") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go";
  const auto running = c[0].apply_async<void>("until_exists", go.string());
  REQUIRE(eventually(15s, [&] { return c.status().engines[0].state == "busy"; }));
  c[0].set_block(false);
  std::vector<async_result<long>> behind;
  for (long i = 0; i < 20; ++i) behind.push_back(c[0].apply_async<long>("identity", i));
  const auto pid = cluster.pid("worker");
  restart_controller(cluster);
  for (long i = 20; i < 30; ++i) behind.push_back(c[0].apply_async<long>("identity", i));
  CHECK_FALSE(running.wait(0.2s));
  write_file(go, "");
  CHECK_NOTHROW(running.get(30s));
  for (long i = 0; i < 30; ++i) CHECK(behind[static_cast<std::size_t>(i)].get(30s) == i);
  CHECK(cluster.pid("worker") == pid);
}

TEST_CASE("the controller dies in the middle of 10,000 tasks of three clients") {
  const temporary_cluster cluster{3};
  std::vector<client> clients;
  std::vector<async_result<long, shape::mapped>> maps;
  for (int k = 0; k < 3; ++k) {
    clients.push_back(cluster.client());
    const auto view = clients.back().load_balanced_view();
    maps.push_back(view.map_async<long>("slowly", std::views::iota(k * 10'000, k * 10'000 + 3'334), {.chunksize = 1}));
  }
  for (const auto& m : maps) REQUIRE(eventually(15s, [&] { return m.progress() > 100; }));
  restart_controller(cluster);
  for (const auto& m : maps) CHECK_FALSE(m.ready());
  for (int k = 0; k < 3; ++k) {
    const auto got = maps[static_cast<std::size_t>(k)].get(60s);
    REQUIRE(got.size() == 3'334);
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == k * 10'000L + static_cast<long>(i));
  }
}

TEST_CASE("what is directed runs exactly once, whenever the controller dies") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto place = cluster.directory() / "ran";
  std::filesystem::create_directory(place);
  const auto submit = [&](int from, int to) {
    std::vector<async_result<void>> all;
    for (int i = from; i < to; ++i)
      all.push_back(c[i % 2].apply_async<void>("once", (place / std::to_string(i)).string()));
    return all;
  };
  auto all = submit(0, 1'000);
  const auto before = cluster.pid("controller");
  ::kill(before, SIGKILL);
  for (auto& r : submit(1'000, 1'500)) all.push_back(std::move(r));
  for (auto& r : all) CHECK_NOTHROW(r.get(60s));
  CHECK(std::distance(std::filesystem::directory_iterator{place}, std::filesystem::directory_iterator{}) == 1'500);
}

TEST_CASE("what must not run twice runs once, whenever the controller dies, and fails if nobody knows whether it ran") {
  const temporary_cluster cluster{1};
  auto second = cluster.pactor_beside({"node", "-n", "1", "--jobs", test_jobs().string()});
  const auto c = cluster.client();
  c.wait_for_engines(2);
  const auto other = c.ids().back();
  const auto path = [&](const std::string& name) { return (cluster.directory() / name).string(); };
  const auto runs_of = [&](const std::string& name) {
    const auto notes = content_of(cluster.directory() / name);
    return std::ranges::count(notes, '\n');
  };
  const task_options once{.idempotent = false};
  const auto submit = [&](int engine, const std::string& note) {
    return c.load_balanced_view(engine).with(once).apply_async<void>("note_until", path(note), path("go"));
  };
  const auto stays = submit(0, "stays"), lost = submit(other, "lost");
  REQUIRE(eventually(15s, [&] { return runs_of("stays") == 1 && runs_of("lost") == 1; }));
  const auto waits = submit(0, "waits"); // only this engine may run it, and says that it did not
  second.signal(SIGSTOP);                // longer than it is waited for
  restart_controller(cluster);
  const auto e = caught<engine_lost>([&] { lost.get(30s); });
  REQUIRE(e);
  CHECK(contains(e->what(), "it may have run, and is not run again"));
  second.signal(SIGCONT);
  write_file(path("go"), "");
  CHECK_NOTHROW(stays.get(30s));
  CHECK_NOTHROW(waits.get(30s));
  c.wait_for_engines(2, 30s);
  for (const auto engine : c.ids()) CHECK(c[engine].apply_sync<int>("engine_number") == engine);
  for (const auto* note : {"stays", "waits", "lost"}) CHECK(runs_of(note) == 1);
}

TEST_CASE("large payloads and results on their way when the controller dies arrive whole, once") {
  const temporary_cluster cluster{2};
  SUBCASE("by lanes") {}
  SUBCASE("in pieces, as between hosts") {
    for (const auto& f : std::filesystem::recursive_directory_iterator{cluster.directory()})
      if (f.path().filename().string().starts_with("lane-")) std::filesystem::remove(f.path());
  }
  const auto c = cluster.client();
  constexpr std::size_t count = 1'000'000; // 8 MB
  const auto numbers = [](double from) {
    std::vector<double> all(count);
    std::iota(all.begin(), all.end(), from);
    return all;
  };
  std::vector<async_result<std::vector<double>>> results, echoes;
  for (int i = 0; i < 12; ++i) results.push_back(c[i % 2].apply_async<std::vector<double>>("big", count));
  REQUIRE(eventually(30s, [&] { return results.front().ready(); }));
  const auto controller = cluster.pid("controller");
  ::kill(controller, SIGSTOP); // so that nothing of what follows gets through, once all of its threads stand still
  REQUIRE(eventually(15s, [&] {
    const std::filesystem::directory_iterator threads{"/proc/" + std::to_string(controller) + "/task"};
    return std::ranges::all_of(threads, [](const auto& t) { return contains(content_of(t.path() / "stat"), ") T "); });
  }));
  for (int i = 0; i < 4; ++i) {
    echoes.push_back(c[i % 2].apply_async<std::vector<double>>("echo", numbers(i)));
    echoes.push_back(c.load_balanced_view().apply_async<std::vector<double>>("echo", numbers(i)));
  }
  for (const auto& r : echoes) CHECK_FALSE(r.ready());
  restart_controller(cluster);
  for (const auto& r : results) CHECK(r.get(60s) == numbers(0));
  for (std::size_t i = 0; i < echoes.size(); ++i) {
    const auto round = i / 2;
    CHECK(echoes[i].get(60s) == numbers(static_cast<double>(round)));
  }
}

TEST_CASE("a second death while everyone comes back") {
  const temporary_cluster cluster{2};
  auto second = cluster.pactor_beside({"node", "-n", "1", "--jobs", test_jobs().string()});
  const auto c = cluster.client();
  c.wait_for_engines(3);
  const auto go = cluster.directory() / "go";
  const auto held =
      c.load_balanced_view().map_async<void>("until_exists", std::vector(3, go.string()), {.chunksize = 1});
  const auto queued = c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 500), {.chunksize = 1});
  REQUIRE(eventually(
      15s, [&] { return std::ranges::all_of(c.status().engines, [](const auto& e) { return e.state == "busy"; }); }));
  const auto welcomes = [&] {
    const auto log = cluster.log("controller");
    std::size_t n = 0;
    for (auto at = log.find("welcomes the node"); at != std::string::npos; at = log.find("welcomes the node", at + 1))
      ++n;
    return n;
  };
  const auto before = welcomes();
  second.signal(SIGSTOP); // it is waited for
  restart_controller(cluster);
  REQUIRE(eventually(2s, [&] { return welcomes() == before + 1; }));
  restart_controller(cluster);
  second.signal(SIGCONT);
  write_file(go, "");
  CHECK_NOTHROW(held.get(60s));
  const auto numbers = queued.get(60s);
  for (std::size_t i = 0; i < 500; ++i) CHECK(numbers[i] == static_cast<long>(i));
}

TEST_CASE("a controller that does not come back: everything open ends with not_connected") {
  const pactor_home home;
  auto controller = home.pactor_beside({"controller"});
  const auto file = home.connection_file(security::role::client);
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(file); }));
  auto node = home.pactor_beside({"node", "-n", "1", "--reconnect", "0.5", "--jobs", test_jobs().string()});
  client_options options;
  options.connection_file = file;
  options.reconnect = 300ms;
  const client c{options};
  c.wait_for_engines(1);
  const auto open = c[0].apply_async<void>("until_exists", (home.directory() / "never").string());
  controller.signal(SIGKILL);
  CHECK_THROWS_AS(open.get(30s), const not_connected&);
  CHECK_THROWS_AS((void)c.status(), const not_connected&);
  CHECK(node.wait(15s).exit_code != 0);
}

TEST_CASE("a cluster that is stopped is not waited for") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto open = c[0].apply_async<void>("until_exists", (cluster.directory() / "never").string());
  CHECK(cluster.pactor({"stop"}).exit_code == 0);
  CHECK_THROWS_AS(open.get(5s), const not_connected&);
  CHECK_FALSE(c.connected());
}

TEST_CASE("a node that is stopped is given up, its tasks are rerouted; it comes back with engines and variables") {
  const temporary_cluster cluster{1};
  auto second = cluster.pactor_beside({"node", "-n", "1", "--jobs", test_jobs().string()});
  const auto c = cluster.client();
  c.wait_for_engines(2);
  const auto other = c.ids().back();
  c[other]["a"] = 5;
  const auto go = cluster.directory() / "go";
  const auto held =
      c.load_balanced_view().map_async<void>("until_exists", std::vector(2, go.string()), {.chunksize = 1});
  REQUIRE(eventually(
      15s, [&] { return std::ranges::all_of(c.status().engines, [](const auto& e) { return e.state == "busy"; }); }));
  const auto direct = c[other].apply_async<int>("getpid");
  second.signal(SIGSTOP);
  REQUIRE(eventually(30s, [&] { return c.size() == 1; })); // five heartbeats
  const auto lost = caught<engine_lost>([&] { (void)direct.get(30s); });
  REQUIRE(lost);
  CHECK(contains(lost->what(), "is gone: nothing heard for 5000 ms"));
  write_file(go, "");
  CHECK_NOTHROW(held.get(30s));
  second.signal(SIGCONT);
  c.wait_for_engines(2, 30s);
  CHECK(contains(c.status().engines.back().last_loss, "is gone: nothing heard for 5000 ms"));
  CHECK(contains(cluster.pactor({"status"}).out, "is gone: nothing heard for 5000 ms"));
  CHECK(c.ids().back() == other);
  CHECK(c[other].pull<int>("a") == 5);
}

TEST_SUITE_END();
