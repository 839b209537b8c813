// Calls through the client: which engines they reach, and what comes back.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <numeric>
#include <ranges>
#include <set>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

constexpr job<double(double)> power10{"power10"};
constexpr job<int()> engine_number{"engine_number"};
constexpr job<long(long)> add_ab{"add_ab"};

std::vector<double> powers(int n) {
  std::vector<double> result;
  for (int i = 0; i < n; ++i) result.push_back(std::pow(i, 10));
  return result;
}

} // namespace

TEST_SUITE_BEGIN("calls");

TEST_CASE("engines are named in every form, and calls reach just these, in this order") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  CHECK(c.ids() == std::vector{0, 1, 2, 3});
  CHECK(c.size() == 4);
  const auto reached = [&](const targets& t) { return c[t].apply_sync(engine_number); };
  CHECK(reached(all) == std::vector{0, 1, 2, 3});
  CHECK(reached("all") == std::vector{0, 1, 2, 3});
  CHECK(c[2].apply_sync(engine_number) == 2);
  CHECK(c[-1].apply_sync(engine_number) == 3);
  CHECK(c[{3, 0}].apply_sync(engine_number) == std::vector{3, 0});
  CHECK(reached(std::vector{1}) == std::vector{1});
  CHECK(reached(pactor::slice(1, 3)) == std::vector{1, 2});
  CHECK(reached(pactor::slice({}, {}, 2)) == std::vector{0, 2});
  CHECK(reached("1:3") == std::vector{1, 2});
  CHECK(reached("::2") == std::vector{0, 2});
  CHECK(reached("3,1") == std::vector{3, 1});
  CHECK(c[0].on("1:").apply_sync(engine_number) == std::vector{1, 2, 3});
  CHECK(c[all].set_targets({2, 1}).apply_sync(engine_number) == std::vector{2, 1});

  for (const auto& form : std::vector<targets>{7, -5, {0, 7}, "7", "some", std::vector{1, 1}}) {
    const auto e = caught<error>([&] { return c[form]; });
    CHECK((e && e->code() == ec::invalid_argument));
  }
  CHECK(contains(caught<error>([&] { return c[7]; })->what(), "no engine 7: the engines are 0-3"));
}

TEST_CASE("all engines are those of each moment, other views those of their making") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto everyone = c[all];
  const auto first = c["::"];
  auto node = cluster.pactor_beside({"node", "-n", "2", "--jobs", test_jobs()});
  c.wait_for_engines(4);
  CHECK(everyone.apply_sync(engine_number) == std::vector{0, 1, 2, 3});
  CHECK(first.apply_sync(engine_number) == std::vector{0, 1});

  const auto late = c[{1, 3}];
  node.signal(SIGTERM);
  CHECK(node.wait(15s).exit_code == 0);
  REQUIRE(eventually(15s, [&] { return c.size() == 2; }));
  CHECK(everyone.apply_sync(engine_number) == std::vector{0, 1});
  const auto gone = caught<engine_lost>([&] { late.apply_sync(engine_number); });
  CHECK((gone && contains(gone->what(), "engine 3")));
}

TEST_CASE("waiting for engines ends with them or in time") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  c.wait_for_engines(1, 0s);
  const auto late = caught<timeout_error>([&] { c.wait_for_engines(9, 0.2s); });
  CHECK((late && contains(late->what(), "9 engines not ready in 0.2 s; ready: 1")));
  auto waiting = std::async(std::launch::async, [&] { c.wait_for_engines(2, 60s); });
  const auto node = cluster.pactor_beside({"node", "-n", "1"});
  waiting.get();
  CHECK(c.size() == 2);
}

TEST_CASE("apply and map, synchronous and not, through both views") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  auto direct = c[all];
  auto balanced = c.load_balanced_view();

  CHECK(direct.apply_sync(power10, 2) == std::vector(4, 1024.0));
  CHECK(direct.apply_sync<double>("power10", 2) == std::vector(4, 1024.0));
  CHECK(direct.apply_async("power10", arguments{{2}}).get()[3].as<double>() == 1024.0);
  CHECK(balanced.apply_sync(power10, 2) == 1024.0);
  CHECK(balanced.apply_async<double>("power10", 3).get() == 59049.0);

  const auto range = std::views::iota(0, 7);
  CHECK(direct.map_sync(power10, range) == powers(7));
  CHECK(balanced.map_sync(power10, range) == powers(7));
  CHECK(balanced.map_async(power10, range, {.chunksize = 2}).get() == powers(7));
  CHECK(direct.map_sync<double>("types/distance", std::vector{1.0, 2.0}, std::vector{3.0, 5.0}) ==
        std::vector{2.0, 3.0});
  CHECK(direct.map_sync(power10, std::vector<double>{}).empty());
  CHECK(balanced.map_sync(power10, std::vector<double>{}).empty());
  CHECK(caught<error>([&] {
          direct.map_async("types/distance", std::vector{1.0}, std::vector{1.0, 2.0});
        })->code() == ec::invalid_argument);

  CHECK_FALSE(direct.block());
  direct.set_block(true);
  balanced.set_block(true);
  CHECK(direct.apply(power10, 2).ready());
  CHECK(direct.map(power10, range).ready());
  CHECK(balanced.apply(power10, 2).ready());
  CHECK(balanced.map(power10, range).ready());
  CHECK_THROWS_AS(direct.apply("throw_int"), const error&);

  std::set<int> used;
  for (int i = 0; i < 20; ++i) used.insert(c.load_balanced_view("1:3").apply_sync(engine_number));
  for (const auto engine : used) CHECK((engine == 1 || engine == 2));
}

TEST_CASE("7 elements on 4 engines are 2, 2, 2 and 1, and the result knows who did what") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  const auto r = c[all].map_async(power10, std::views::iota(0, 7));
  CHECK(r.get() == powers(7));
  CHECK(r.ready());
  CHECK(r.successful());
  CHECK(r.size() == 7);
  CHECK(r.progress() == 7);
  CHECK(r.engine_ids() == std::vector{0, 1, 2, 3});
  CHECK(r.element_engine_ids() == std::vector{0, 0, 1, 1, 2, 2, 3});
  CHECK(r.ids().size() == 4);
  const auto parts = r.get_dict();
  CHECK(parts.at(0) == std::vector{0.0, 1.0});
  CHECK(parts.at(3) == std::vector{std::pow(6, 10)});
  for (const auto& task : r.tasks()) {
    CHECK(task.submitted <= task.started);
    CHECK(task.started <= task.completed);
    CHECK(task.completed <= task.received);
  }
  const auto each = c[all].apply_async(engine_number).get_dict();
  CHECK(each == std::map<int, int>{{0, 0}, {1, 1}, {2, 2}, {3, 3}});
}

TEST_CASE("results come one by one, in the order of elements or of arrival") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const temporary_directory signs;
  const auto first = (signs.path() / "first").string();
  const auto second = (signs.path() / "second").string();
  // The first element's job ends only after the second's result is here.
  write_file(second, "");
  const auto r = c.load_balanced_view().map_async<void>("until_exists", std::vector{first, second}, {.chunksize = 1});
  REQUIRE(eventually(15s, [&] { return r.progress() == 1; }));
  CHECK_FALSE(r.ready());
  write_file(first, "");
  r.get();
  CHECK(r.progress() == 2);

  long sum = 0;
  for (const auto x : c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 100), {.ordered = false}))
    sum += x;
  CHECK(sum == 4950);
  long next = 0;
  for (const auto x : c.load_balanced_view().map_async<long>("identity", std::views::iota(0, 100))) CHECK(x == next++);
}

TEST_CASE("a call that takes its time does not hold up its caller, or others") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const temporary_directory signs;
  const auto sign = (signs.path() / "go").string();
  const auto busy = c[0].apply_async<void>("until_exists", sign);
  CHECK_FALSE(busy.ready());
  CHECK_FALSE(busy.wait(0.01s));
  CHECK(c[1].apply_sync<std::string>("hello") == "Hello World!");
  const auto behind = c[0].apply_async(power10, 2);
  const auto late = caught<timeout_error>([&] { busy.get(0.02s); });
  CHECK((late && contains(late->what(), "result not ready")));
  CHECK_FALSE(behind.ready());
  write_file(sign, "");
  busy.get(30s);
  CHECK(behind.get(30s) == 1024.0);
}

TEST_CASE("variables live on the engines that they were pushed to") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  const auto everyone = c[all];
  everyone.push({{"a", 10}, {"b", 3}}).get();
  CHECK(everyone.apply_sync(add_ab, 27) == std::vector(3, 40L));
  CHECK(c.load_balanced_view().apply_sync(add_ab, 27) == 40);
  c[1]["a"] = 20;
  CHECK(everyone.apply_sync(add_ab, 27) == std::vector{40L, 50L, 40L});
  CHECK(everyone["a"].get<int>() == std::vector{10, 20, 10});
  CHECK(c[1].pull<double>("a") == 20.0);
  CHECK(everyone.pull({"a", "b"}).size() == 3);
  // Another client sees the same engines.
  CHECK(cluster.client()[1].pull<int>("a") == 20);
}

TEST_CASE("the handles outlive the client, and a closed client says that it is") {
  const temporary_cluster cluster{1};
  std::optional<client> c{cluster.client()};
  const auto view = (*c)[all];
  auto r = view.apply_async(power10, 2);
  c.reset();
  CHECK(r.get() == std::vector{1024.0});
  CHECK(view.apply_sync(power10, 1) == std::vector{1.0});

  const auto other = cluster.client();
  const temporary_directory signs;
  const auto open = other[0].apply_async<void>("until_exists", (signs.path() / "never").string());
  other.close();
  CHECK_THROWS_AS(open.get(), const not_connected&);
  CHECK_FALSE(other.connected());
  CHECK_THROWS_AS(other.jobs(), const not_connected&);
  write_file(signs.path() / "never", "");
}

TEST_CASE("many threads of many clients at once, each with its own results") {
  const temporary_cluster cluster{3};
  constexpr int clients = 3, threads = 3, rounds = 60;
  std::vector<std::future<int>> all_work;
  for (int k = 0; k < clients; ++k) {
    const auto c = cluster.client();
    for (int t = 0; t < threads; ++t)
      all_work.push_back(std::async(std::launch::async, [c, mark = 1000 * (k * threads + t)] {
        int right = 0;
        for (int i = 0; i < rounds; ++i) {
          const long x = mark + i;
          const auto direct = c[all].apply_async<long>("identity", x);
          const auto balanced = c.load_balanced_view().apply_async<long>("identity", -x);
          const auto mapped = c.load_balanced_view().map_async<long>("identity", std::views::iota(x, x + 20));
          auto expected = std::vector<long>(20);
          std::iota(expected.begin(), expected.end(), x);
          right += direct.get() == std::vector(3, x) && balanced.get() == -x && mapped.get() == expected;
        }
        return right;
      }));
  }
  for (auto& work : all_work) CHECK(work.get() == rounds);
}

TEST_CASE("one result, waited for by several threads") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const temporary_directory signs;
  const auto r = c[0].apply_async<void>("until_exists", (signs.path() / "go").string());
  std::vector<std::future<void>> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(std::async(std::launch::async, [r] { r.get(30s); }));
  write_file(signs.path() / "go", "");
  for (auto& w : waiting) CHECK_NOTHROW(w.get());
}

TEST_SUITE_END();
