// What goes wrong in a call reaches its caller: as what it is, from where it came, and always.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <iterator>
#include <ranges>
#include <string>
#include <unistd.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t tasks_completed(const client& c) {
  std::uint64_t sum = 0;
  for (const auto& e : c.status().engines) sum += e.completed + e.queued;
  return sum;
}

} // namespace

TEST_SUITE_BEGIN("errors");

TEST_CASE("a wrong name or wrong arguments are found before anything is sent") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto views = [&](auto check) {
    check(c[all]);
    check(c.load_balanced_view());
  };
  views([](const auto& view) {
    const auto unknown = caught<unknown_job>([&] { view.apply_async("powr10", 2.0); });
    CHECK((unknown && contains(unknown->what(), "did you mean power10?")));
    CHECK_THROWS_AS(view.map_async("nothing_like_it", std::vector{1}), const unknown_job&);

    const auto type = caught<signature_mismatch>([&] { view.apply_async("power10", "two"); });
    CHECK((type && contains(type->what(), "power10 takes double(double), was called with (string)")));
    CHECK_THROWS_AS(view.apply_async("power10"), const signature_mismatch&);
    CHECK_THROWS_AS(view.apply_async("power10", 1, 2), const signature_mismatch&);
    CHECK_THROWS_AS(view.apply_sync("power10", 1, 2), const signature_mismatch&);
    CHECK_THROWS_AS(view.map_async("power10", std::vector<std::string>{"two"}), const signature_mismatch&);
    CHECK_THROWS_AS(view.apply_async("power10", arguments{{std::string{"two"}}}), const signature_mismatch&);
  });
  CHECK(tasks_completed(c) <= 2); // what `start` itself ran
  // What only the worker can see: a number that its parameter can't hold.
  CHECK_THROWS_AS(c[0].apply_sync("repeat", "x", 300), const signature_mismatch&);
  // A result that is read as what it is not.
  CHECK_THROWS_AS(c[0].apply_sync<double>("hello"), const signature_mismatch&);
}

TEST_CASE("what a job throws comes with type and text, engine, host and job") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto standard = caught<remote_error>([&] { c[1].apply_sync<void>("throw_std", "boom"); });
  REQUIRE(standard);
  CHECK(standard->code() == ec::remote_error);
  CHECK(standard->info().type == "std::runtime_error");
  CHECK(standard->info().what == "boom");
  CHECK(standard->info().job == "throw_std");
  CHECK(standard->info().engine == 1);
  CHECK(standard->info().host == c.status().engines[1].host);
  CHECK(standard->info().pid == worker_pid(c, 1));

  const auto other = caught<remote_error>([&] { c.load_balanced_view().apply_sync<void>("throw_int"); });
  REQUIRE(other);
  CHECK(other->info().type == "int");

  const auto missing = caught<remote_error>([&] { (void)c[0].pull("nowhere"); });
  REQUIRE(missing);
  CHECK(missing->code() == ec::missing_variable);
  CHECK(contains(missing->what(), "nowhere"));
  CHECK(caught<remote_error>([&] { c[0].apply_sync<double>("read_double", "nowhere"); })->code() ==
        ec::missing_variable);
  // The worker lived through all of that.
  for (const auto& e : c.status().engines) CHECK(e.restarts == 0);
}

TEST_CASE("the same result raises the same again, and tells it is not successful") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto r = c[0].apply_async<void>("throw_std", "boom");
  CHECK_THROWS_AS(r.get(), const remote_error&);
  CHECK_THROWS_AS(r.get(), const remote_error&);
  CHECK_FALSE(r.successful());
}

TEST_CASE("several failures keep apart what failed where") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  const auto many = caught<composite_error>([&] { c[all].apply_sync<void>("throw_std", "boom"); });
  REQUIRE(many);
  REQUIRE(many->failures().size() == 4);
  for (int i = 0; i < 4; ++i) CHECK(many->failures()[static_cast<std::size_t>(i)].engine == i);
  CHECK(contains(many->what(), "engine 3"));

  for (const bool balanced : {false, true}) {
    const auto range = std::views::iota(0, 10);
    const auto r = balanced ? c.load_balanced_view().map_async<double>("throw_odd", range, {.chunksize = 3})
                            : c[all].map_async<double>("throw_odd", range);
    const auto e = caught<composite_error>([&] { r.get(); });
    REQUIRE(e);
    REQUIRE(e->failures().size() == 5);
    CHECK(e->failures()[2].what == "5 is odd");
    const auto each = r.get_or_errors();
    REQUIRE(each.size() == 10);
    for (std::size_t i = 0; i < each.size(); ++i) {
      CHECK(each[i].has_value() == (i % 2 == 0));
      if (each[i]) CHECK(each[i].value() == static_cast<double>(i) / 2);
    }
  }
  // One failure is raised as itself.
  CHECK_THROWS_AS(c[all].map_sync<double>("throw_odd", std::vector{0, 1, 2}), const remote_error&);
}

TEST_CASE("without engines directed calls fail, and balanced ones wait for the first") {
  const pactor_home home;
  const auto controller = home.pactor_beside({"controller"});
  client_options options;
  options.connection_file = home.connection_file(security::role::client);
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(options.connection_file); }));
  const client c{options};
  CHECK(c.ids().empty());
  CHECK_THROWS_AS(c[all].apply_async("hello"), const no_engines&);
  CHECK_THROWS_AS(c[0], const error&);
  // Which jobs there are is known once a node came with them.
  auto node = home.pactor_beside({"node", "-n", "1"});
  c.wait_for_engines(1);
  CHECK(c.load_balanced_view().apply_sync<std::string>("hello") == "Hello World!");
  const auto alone = c[all];
  node.signal(SIGTERM);
  node.wait(15s);
  REQUIRE(eventually(15s, [&] { return c.ids().empty(); }));
  CHECK_THROWS_AS(alone.apply_async("hello"), const no_engines&);
  const auto waiting = c.load_balanced_view().apply_async<std::string>("hello");
  CHECK_FALSE(waiting.wait(0.02s));
  const auto again = home.pactor_beside({"node", "-n", "1"});
  CHECK(waiting.get(30s) == "Hello World!");
}

TEST_CASE("a client that does not wait for a controller: everything open ends with not_connected") {
  const temporary_cluster cluster{2};
  auto options = cluster.connection();
  options.reconnect = 0ms;
  const client c{options};
  const auto never = (cluster.directory() / "never").string();
  const auto directed = c[all].apply_async<void>("until_exists", never);
  const auto queued = c[all].map_async<double>("power10", std::views::iota(0, 1000));
  const auto balanced = c.load_balanced_view().map_async<void>("until_exists", std::vector(200, never));
  const auto done = c.load_balanced_view().apply_async<std::string>("hello");

  std::vector<std::future<bool>> blocked;
  const auto block_in = [&](auto call) {
    blocked.push_back(std::async(std::launch::async, [call] {
      try {
        call();
      } catch (const not_connected&) {
        return true;
      } catch (const composite_error& e) {
        return e.failures().front().code == ec::not_connected;
      }
      return false;
    }));
  };
  block_in([=] { directed.get(); });
  block_in([=] { balanced.get(); });
  block_in([=] { queued.get(60s); });
  block_in([=] { c.wait_for_engines(9, 60s); });
  block_in([=] {
    for (;;) (void)c.jobs();
  });
  block_in([=] {
    for (;;) c.load_balanced_view().apply_async<std::string>("hello").get(60s);
  });
  ::kill(cluster.pid("controller"), SIGKILL);
  for (auto& b : blocked) CHECK(b.get());
  CHECK_FALSE(c.connected());
  CHECK(directed.ready());
  CHECK_THROWS_AS(c[all].apply_async("hello"), const error&);
  CHECK_THROWS_AS(c.status(), const not_connected&);
  CHECK_THROWS_AS(c.jobs(), const not_connected&);
}

TEST_CASE("a controller that hangs is given up") {
  const temporary_cluster cluster{1};
  auto options = cluster.connection();
  options.reconnect = 0ms;
  const client c{options};
  const auto open = c[0].apply_async<void>("until_exists", (cluster.directory() / "never").string());
  const auto controller = cluster.pid("controller");
  ::kill(controller, SIGSTOP);
  CHECK_THROWS_AS(open.get(30s), const not_connected&);
  ::kill(controller, SIGCONT);
}

TEST_CASE("the manual names every code") {
  std::ifstream file{PACTOR_TEST_DOCS "/client.md"};
  const std::string manual{std::istreambuf_iterator<char>{file}, {}};
  const auto codes = manual.substr(std::min(manual.find("All codes"), manual.size()));
  for (const auto name : ec_names) CHECK_MESSAGE(contains(codes, "`" + std::string{name} + "`"), name);
}

TEST_SUITE_END();
