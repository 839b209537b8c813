// Clients that are cut off from a controller that lives, and what stands still or waits meanwhile.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <ranges>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// A client whose connection goes over a proxy.
client_options over(const proxy& p, const temporary_cluster& cluster) {
  auto file = cluster.credentials(security::role::client);
  file.port = p.port();
  const auto path = cluster.directory() / "over-proxy.json";
  file.write(path);
  client_options options;
  options.connection_file = path;
  return options;
}

std::size_t files_in(const std::filesystem::path& place) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{place}, std::filesystem::directory_iterator{}));
}

void kill_controller(const temporary_cluster& cluster) { ::kill(cluster.pid("controller"), SIGKILL); }

} // namespace

TEST_SUITE_BEGIN("absence");

TEST_CASE("a client whose connection breaks goes on at the same controller; what is directed runs once") {
  const temporary_cluster cluster{2};
  proxy between{cluster.port()};
  const client c{over(between, cluster)};
  const auto place = cluster.directory() / "ran";
  std::filesystem::create_directory(place);
  std::vector<async_result<void>> directed;
  std::vector<async_result<long, shape::mapped>> balanced;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i)
      directed.push_back(
          c[i % 2].apply_async<void>("once", (place / (std::to_string(round) + "-" + std::to_string(i))).string()));
    balanced.push_back(c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 500), {.chunksize = 1}));
    between.break_all();
  }
  for (auto& r : directed) CHECK_NOTHROW(r.get(60s));
  CHECK(files_in(place) == 1'000);
  for (auto& m : balanced) {
    const auto got = m.get(60s);
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == static_cast<long>(i));
  }
  CHECK(c.status().controller_restarts == 0);
  CHECK(eventually(15s, [&] { return c.status().clients == 1; })); // it is the same one
}

TEST_CASE("a client that stands still for longer than five heartbeats goes on where it was") {
  const temporary_cluster cluster{2};
  const auto place = cluster.directory() / "notes";
  auto map = cluster.pactor_beside({"map", "slow_element", "0:800"});
  const auto other = cluster.client();
  const auto busy = [&] {
    return std::ranges::any_of(other.status().engines, [](const auto& e) { return e.state == "busy"; });
  };
  REQUIRE(eventually(15s, busy));
  map.signal(SIGSTOP);
  REQUIRE(eventually(30s, [&] { return contains(cluster.log("controller"), "nothing heard for"); }));
  map.signal(SIGCONT);
  const auto done = map.wait(60s);
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out, "799"));
}

TEST_CASE("a client that is cut off and does not come back is forgotten, and what it had waiting") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go";
  auto other = cluster.pactor_beside({"map", "until_exists", "[\"" + go.string() + "\", \"" + go.string() + "\"]"});
  REQUIRE(eventually(15s, [&] { return c.status().engines[0].state == "busy"; }));
  other.signal(SIGKILL);
  CHECK(eventually(15s, [&] { return c.status().clients == 1 && c.status().unassigned == 0; }));
  write_file(go, "");
  CHECK(c[0].apply_sync<long>("identity", 5) == 5);
}

TEST_CASE("what is printed while there is no controller is kept until there is one") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go", alone = cluster.directory() / "alone";
  const auto running = c[0].apply_async<void>("print_when", alone.string(), "nobody listens", go.string());
  REQUIRE(eventually(15s, [&] { return c.status().engines[0].state == "busy"; }));
  const auto launcher = cluster.pid("start");
  ::kill(launcher, SIGSTOP);
  kill_controller(cluster);
  REQUIRE(eventually(15s, [&] { return contains(cluster.log("node"), "goes on without"); }));
  write_file(alone, "");
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(alone.string() + ".done"); }));
  ::kill(launcher, SIGCONT);
  write_file(go, "");
  CHECK_NOTHROW(running.get(30s));
  CHECK(contains(running.stdout_(), "nobody listens"));
}

TEST_CASE("a task that waits for too long behind a directed one ends, though its engine has it") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go";
  const auto directed = c[0].apply_async<void>("until_exists", go.string());
  REQUIRE(eventually(15s, [&] { return c.status().engines[0].state == "busy"; }));
  const auto waits = c.load_balanced_view().with({.timeout = 300ms}).apply_async<long>("identity", 1);
  const auto e = caught<error>([&] { waits.get(30s); });
  REQUIRE(e);
  CHECK(e->code() == ec::task_timeout);
  CHECK_FALSE(directed.ready());
  write_file(go, "");
  CHECK_NOTHROW(directed.get(30s));
}

TEST_CASE("status tells what stands still from what is busy") {
  const temporary_cluster cluster{2};
  auto second = cluster.pactor_beside({"node", "-n", "1", "--jobs", test_jobs().string()});
  const auto c = cluster.client();
  c.wait_for_engines(3);
  const auto go = cluster.directory() / "go";
  const auto busy = c[0].apply_async<void>("until_exists", go.string());
  ::kill(worker_pid(c, 1), SIGSTOP);
  second.signal(SIGSTOP);
  CHECK(eventually(15s, [&] {
    const auto shown = cluster.pactor({"status"}).out;
    return contains(shown, "busy") && contains(shown, "stopped") && contains(shown, "silent ");
  }));
  write_file(go, "");
  second.signal(SIGCONT);
}

TEST_SUITE_END();
