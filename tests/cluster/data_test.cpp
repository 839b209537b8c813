// Data on engines: scattered, gathered, divided among the calls of a parallel function.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <ranges>

using namespace pactor;
using namespace pactor::test;

namespace {

constexpr job<ndarray<double>(ndarray_view<double>, ndarray_view<double>)> pmul{"pmul"};
constexpr job<double(std::string)> sum_of{"sum_of"};
constexpr job<double(std::span<const double>)> sum{"sum"};
constexpr job<int()> engine_number{"engine_number"};
constexpr job<double(double)> power10{"power10"};

ndarray<double> counted(std::vector<std::size_t> shape) {
  ndarray<double> a{std::move(shape)};
  std::iota(a.begin(), a.end(), 1.0);
  return a;
}
ndarray<double> squares(ndarray<double> a) {
  for (auto& x : a) x *= x;
  return a;
}

} // namespace

TEST_SUITE_BEGIN("data");

TEST_CASE("what is scattered lies on the engines as if it had been pushed, and is gathered as it was") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  const auto view = c[all];
  view.scatter("c", std::views::iota(0, 28)).get();
  CHECK(view.apply_sync(sum_of, "c") == std::vector<double>{21, 70, 119, 168});
  std::vector<int> numbers(28);
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK(view.gather<int>("c") == numbers);
  CHECK(view.gather("c") == value{std::vector<double>(numbers.begin(), numbers.end())}); // what sum_of made of it

  view.scatter("c", std::views::iota(0, 10)).get();
  CHECK(view.pull<std::vector<int>>("c") == std::vector<std::vector<int>>{{0, 1, 2}, {3, 4, 5}, {6, 7}, {8, 9}});
  view.scatter("c", std::vector{0, 1, 2}, {.flatten = true}).get();
  CHECK(view.pull("c") == std::vector<value>{0, 1, 2, std::vector<int>{}});
  CHECK(view.gather<int>("c") == std::vector{0, 1, 2});
  for (const auto d : {distribution::blocks, distribution::round_robin}) {
    const std::vector<std::string> words{"a", "b", "c", "d", "e", "f"};
    view.scatter("w", words, {.distribution = d}).get();
    CHECK(view.gather<std::string>("w", {.distribution = d}) == words);
    const auto m = counted({9, 4});
    view.scatter("m", m, {.distribution = d}).get();
    CHECK(view.gather<ndarray<double>>("m", {.distribution = d}) == m);
  }
  const auto other = cluster.client();
  CHECK(other[pactor::slice(1, 3)].gather<std::string>("w", {.distribution = distribution::round_robin}) ==
        std::vector<std::string>{"b", "c", "f"});
}

TEST_CASE("gathering what does not go together, or is not everywhere, names engines and kinds") {
  const temporary_cluster cluster{3};
  const auto c = cluster.client();
  c[all].scatter("x", std::vector{1.0, 2.0, 3.0}).get();
  c[1]["x"] = "text";
  const auto unequal = caught<signature_mismatch>([&] { (void)c[all].gather<double>("x"); });
  CHECK((unequal && contains(unequal->what(), "variable x")));
  CHECK((unequal && contains(unequal->what(), "engines 0, 2: vector<double>; engine 1: string")));
  c["0,2"].push("y", 1).get();
  const auto missing = caught<remote_error>([&] { (void)c[all].gather<int>("y"); });
  CHECK((missing && missing->info().code == ec::missing_variable));
  CHECK((missing && contains(missing->what(), "engine 1 has no variable y")));
}

TEST_CASE("80 MB are scattered and gathered whole") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  std::vector<double> x(10'000'003);
  std::iota(x.begin(), x.end(), 0.5);
  c[all].scatter("x", x).get();
  const auto sums = c[all].apply_sync(sum_of, "x");
  CHECK(std::accumulate(sums.begin(), sums.end(), 0.0) == doctest::Approx(0.5 * 1e7 * 1e7).epsilon(1e-3));
  CHECK(c[all].gather<double>("x") == x);
}

TEST_CASE("remote functions run on every engine of their view") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  auto view = c[all];
  CHECK(view.remote(engine_number).sync() == std::vector{0, 1, 2, 3});
  CHECK(view.remote<std::string>("hello").sync() == std::vector<std::string>(4, "Hello World!"));
  CHECK(c[2].remote(engine_number).sync() == 2);
  const int somewhere = c.load_balanced_view("1:3").remote(engine_number).sync();
  CHECK((somewhere == 1 || somewhere == 2));
  view.set_block(true);
  CHECK(view.remote(engine_number)().ready());
}

TEST_CASE("parallel functions divide their arguments and put the results together") {
  const temporary_cluster cluster{4};
  const auto c = cluster.client();
  const auto view = c[all];
  const auto balanced = c.load_balanced_view();
  for (const auto& shape : std::vector<std::vector<std::size_t>>{{640, 48}, {7}, {3, 2, 2}, {1000, 300}}) {
    const auto a = counted(shape);
    CHECK(view.parallel(pmul)(a, a).get() == squares(a));
    CHECK(view.parallel(pmul, {.distribution = distribution::round_robin}).sync(a, a) == squares(a));
    CHECK(balanced.parallel(pmul).sync(a, a) == squares(a));
    CHECK(balanced.with({.chunksize = 5}).parallel<ndarray<double>>("pmul").sync(a, a) == squares(a));
  }
  CHECK(view.parallel(sum).sync(std::views::iota(0, 28)) == std::vector<double>{21, 70, 119, 168});
  CHECK(view.parallel(power10).map_sync(std::views::iota(0, 3)) == std::vector<double>{0, 1, 1024});
  CHECK(balanced.parallel(power10).map_sync(std::views::iota(0, 3)) == std::vector<double>{0, 1, 1024});

  const auto unequal = caught<error>([&] { view.parallel(pmul)(counted({4}), counted({5})); });
  CHECK((unequal && unequal->code() == ec::invalid_argument));
  CHECK((unequal && contains(unequal->what(), "4, 5")));
  // Rows go together, columns do not: the job itself says so, on every engine.
  const auto columns = view.parallel(pmul).async(counted({4, 2}), counted({4, 3}));
  CHECK_THROWS_AS(columns.get(), const composite_error&);
}

TEST_SUITE_END();
