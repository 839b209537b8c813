// Results of calls that are still under way, lazy maps, and the namespace, with real processes.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <coroutine>
#include <future>
#include <ranges>
#include <set>
#include <sstream>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

constexpr job<double(double)> power10{"power10"};
constexpr job<int()> engine_number{"engine_number"};
constexpr job<void(std::string)> until_exists{"until_exists"};

struct fire_and_forget {
  struct promise_type {
    fire_and_forget get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
fire_and_forget numbers_twice(const direct_view view, std::promise<std::vector<int>>& result) {
  auto numbers = co_await view.apply_async(engine_number);
  for (const auto n : co_await view.apply_async(engine_number)) numbers.push_back(n);
  result.set_value(std::move(numbers));
}

} // namespace

TEST_SUITE_BEGIN("results");

TEST_CASE("the namespace: update, erase, clear, names, several values at once") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  const auto view = c[all];
  view.update({{"a", 1.03234}, {"b", 3453}}).get();
  view["v"] = std::vector{1.0, 2.0};
  CHECK(view.pull<double, int>("a", "b") == std::vector(3, std::tuple{1.03234, 3453}));
  const auto [a, v] = c[1].pull("a", "v");
  CHECK(a == value{1.03234});
  CHECK(v == value{std::vector{1.0, 2.0}});
  CHECK(view.on(0).pull<int>("b") == 3453);
  CHECK(view.pull_async<int>("b").get() == std::vector(3, 3453));
  CHECK(c[2].names() == std::vector<std::string>{"a", "b", "v"});
  CHECK(c[2].erase("a", "nowhere").get() == 1);
  CHECK(c[2].names() == std::vector<std::string>{"b", "v"});
  const auto missing = caught<remote_error>([&] { (void)view.pull<double, int>("a", "b"); });
  CHECK((missing && missing->info().engine == 2));
  CHECK((missing && missing->info().code == ec::missing_variable));
  CHECK((missing && contains(missing->what(), "engine 2 has no variable a")));
  view.on({0, 2}).clear().get();
  CHECK(c[0].names().empty());
  CHECK(c[1].names().size() == 3);
}

TEST_CASE("lazy maps over endless input, through both views") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  long next = 0;
  for (const auto x :
       c[all].with({.chunksize = 7, .max_outstanding = 4}).imap<long>("identity", std::views::iota(0L))) {
    CHECK(x == next++);
    if (next == 500) break;
  }
  std::set<long> seen;
  auto balanced = c.load_balanced_view().imap<long>("identity", std::views::iota(0L), {.ordered = false});
  while (seen.size() < 200) seen.insert(balanced.next()->value());
  balanced.cancel();
  while (const auto x = balanced.next()) seen.insert(x->value());
  CHECK(*seen.rbegin() == static_cast<long>(seen.size()) - 1); // every element that was sent came, once
  CHECK(c[1].imap(power10, std::vector{2.0}).next()->value() == 1024);
}

TEST_CASE("a slow element does not hold back unordered ones") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const temporary_directory signs;
  const auto slow = (signs.path() / "slow").string(), quick = (signs.path() / "quick").string();
  write_file(quick, "");
  auto results = c.load_balanced_view().imap(until_exists, std::vector{slow, quick, quick, quick},
                                             {.ordered = false, .max_outstanding = 4});
  for (int i = 0; i < 3; ++i) CHECK(results.next()->has_value());
  CHECK(results.outstanding() == 1);
  write_file(slow, "");
  CHECK(results.next()->has_value());
  CHECK_FALSE(results.next());
}

TEST_CASE("waiting ends with the first result, or the first failure, while others run") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const temporary_directory signs;
  const auto sign = (signs.path() / "go").string();
  const auto slow = c[0].apply_async(until_exists, sign);
  const auto quick = c[1].apply_async(engine_number);
  auto found = wait({slow, quick}, return_when::first_completed, 30s);
  CHECK(found.done == std::vector<std::size_t>{1});
  CHECK(found.pending == std::vector<std::size_t>{0});
  CHECK(wait({slow, quick}, return_when::all_completed, 0.01s).pending == found.pending);
  // On engine 1 there is no such variable; engine 0 is still busy.
  const auto failing = c[all].pull_async<int>("nowhere");
  CHECK(failing.wait(30s, return_when::first_exception));
  CHECK_FALSE(failing.ready());
  CHECK_THROWS_AS((void)failing.get(30s, return_when::first_exception), const remote_error&);
  CHECK_THROWS_AS((void)failing[1], const remote_error&);
  write_file(sign, "");
  CHECK(wait({slow, quick}).pending.empty());
  CHECK_THROWS_AS((void)failing.get(), const composite_error&);
}

TEST_CASE("futures, callbacks and coroutines go on when the result is there") {
  const temporary_cluster cluster{2};
  auto c = cluster.client();
  std::future<std::vector<int>> future = c[all].apply_async(engine_number);
  CHECK(future.get() == std::vector{0, 1});
  auto chained = c[0].apply_async(power10, 2).then([view = c[1]](const auto& r) {
    return view.apply_sync(power10, r.get() / 512);
  });
  CHECK(chained.get() == 1024);
  std::promise<std::vector<int>> promise;
  numbers_twice(c[all], promise);
  CHECK(promise.get_future().get() == std::vector{0, 1, 0, 1});

  // What is still open when the client is closed ends as well.
  const temporary_directory signs;
  const auto sign = (signs.path() / "go").string();
  auto open = c[0].apply_async(until_exists, sign).future();
  c.close();
  CHECK_THROWS_AS(open.get(), const not_connected&);
  write_file(sign, "");
}

TEST_CASE("a callback may be all that is left of a client") {
  const temporary_cluster cluster{1};
  const temporary_directory signs;
  const auto sign = (signs.path() / "go").string();
  auto later = cluster.client()[0].apply_async(until_exists, sign).then([](const auto& r) { return r.ready(); });
  write_file(sign, "");
  CHECK(later.get());
}

TEST_CASE("each task tells host and process, and progress is shown to the end") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto r = c[all].apply_async(engine_number);
  std::ostringstream out;
  CHECK(r.wait_interactive({.out = &out, .terminal = false}));
  CHECK(contains(out.str(), "engine_number: 100% [####################] 2/2"));
  const auto tasks = r.tasks();
  for (const int engine : {0, 1}) {
    const auto& task = tasks.at(static_cast<std::size_t>(engine));
    CHECK(task.engine == engine);
    CHECK(task.pid == worker_pid(c, engine));
    CHECK_FALSE(task.host.empty());
  }
}

TEST_CASE("an element that does not fit leaves its neighbours") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const std::vector<value> mixed{1, "two", 3, 4, nullptr, 6};
  const auto r = c[all].map_async<double>("power10", mixed);
  const auto each = r.get_or_errors();
  REQUIRE(each.size() == 6);
  for (const std::size_t good : {0, 2, 3, 5}) CHECK(each[good].has_value());
  CHECK(each[1].error().engine == 0);
  CHECK(each[4].error().engine == 1);
  CHECK(r[3] == std::pow(4, 10));
  CHECK_THROWS_AS((void)r[4], const error&);
  CHECK_THROWS_AS((void)r.get(), const composite_error&);
}

TEST_SUITE_END();
