// What travels: every kind of argument and result, nothing, and a lot.

#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include "pactor/ndarray.hpp"

#include <cstdint>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace types {

/// As tests/jobs/types.cpp has it: a signature tells structs by their names.
struct point {
  double x = 0, y = 0;
  std::vector<double> weights;
  MSGPACK_DEFINE_MAP(x, y, weights)
  friend bool operator==(const point&, const point&) = default;
};

} // namespace types

using types::point;

TEST_SUITE_BEGIN("values");

TEST_CASE("structs, tuples, optionals, maps, arrays and nothing") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto one = c[0];
  CHECK(one.apply_sync<point>("mirror", point{1, -2, {3, 4}}) == point{-1, 2, {3, 4}});
  using swapped = std::tuple<std::int64_t, std::string>;
  CHECK(one.apply_sync<swapped>("swap_pair", std::tuple{std::string{"seven"}, std::int64_t{7}}) == swapped{7, "seven"});
  CHECK(one.apply_sync<std::optional<double>>("root", std::optional{4.0}) == 4.0);
  CHECK(one.apply_sync<std::optional<double>>("root", std::optional<double>{}) == std::nullopt);
  CHECK(one.apply_sync<std::map<std::string, std::size_t>>("lengths", std::vector<std::string>{"a", "", "ccc"}) ==
        std::map<std::string, std::size_t>{{"a", 1}, {"", 0}, {"ccc", 3}});
  ndarray<double> matrix{{2, 3}};
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) matrix(i, j) = static_cast<double>(10 * i + j);
  const auto t = one.apply_sync<ndarray<double>>("transposed", matrix);
  REQUIRE(t.shape()[0] == 3);
  CHECK(t(2, 1) == 12.0);
  CHECK(one.apply_sync<std::string>("repeat", "ab", 3) == "ababab");
  CHECK(one.apply_sync<bool>("is_even", 4));

  const auto nothing = c[all].apply_async<void>("nothing", 1);
  nothing.get();
  CHECK(nothing.successful());
  c[all].map_async<void>("nothing", std::vector{1, 2, 3}).get();
  CHECK(c[all].map_sync<point>("mirror", std::vector(3, point{1, 2, {}})) == std::vector(3, point{-1, -2, {}}));
}

TEST_CASE("payloads of no byte, one byte, and millions come back as they went") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto balanced = c.load_balanced_view();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{5'000'000}}) {
    CAPTURE(size);
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 997) text[i] = static_cast<char>('a' + i % 26);
    CHECK(c[0].apply_sync<std::string>("echo", text) == text);
    CHECK(c[all].apply_sync<std::string>("echo", text) == std::vector(2, text));
    CHECK(balanced.apply_sync<std::string>("echo", text) == text);

    std::vector<double> numbers(size / 8);
    std::iota(numbers.begin(), numbers.end(), 0.5);
    CHECK(c[1].apply_sync<std::vector<double>>("echo", numbers) == numbers);
    const auto sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
    CHECK(balanced.apply_sync<double>("stats.sum", numbers) == sum);
    c[all].push("numbers", numbers).get();
    CHECK(c[1].pull<std::vector<double>>("numbers") == numbers);
    CHECK(c[all].apply_sync<double>("sum_of", "numbers") == std::vector(2, sum));
  }
}

TEST_CASE("large payloads do not pass the controller where client and engines are on one host") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const std::vector<double> numbers(4'000'000, 1.5); // 32 MB
  const auto passed = [pid = cluster.pid("controller")] {
    std::ifstream io{"/proc/" + std::to_string(pid) + "/io"};
    std::string name;
    std::uint64_t n = 0;
    io >> name >> n; // rchar: what it read, from sockets too
    REQUIRE(name == "rchar:");
    return n;
  };
  static_cast<void>(c[0].apply_sync("identity", 1));
  const auto before = passed();
  for (int i = 0; i < 3; ++i) {
    c[all].push("numbers", numbers).get();
    CHECK(c[1].pull<std::vector<double>>("numbers") == numbers);
    CHECK(c[0].apply_sync<double>("stats.sum", numbers) == 6e6);
    CHECK(c[1].apply_sync<std::vector<double>>("echo", numbers) == numbers);
    CHECK(c[0].map_sync<double>("identity", numbers).size() == numbers.size());
  }
  CHECK(passed() - before < 5'000'000);
}

TEST_CASE("large payloads do not hold up small ones of others") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto other = cluster.client();
  const std::vector<double> numbers(4'000'000, 1.0);
  std::vector<async_result<double>> sums;
  for (int i = 0; i < 4; ++i) sums.push_back(c.load_balanced_view().apply_async<double>("stats.sum", numbers));
  for (int i = 0; i < 50; ++i) CHECK(other.load_balanced_view().apply_sync<long>("identity", i) == i);
  for (const auto& sum : sums) CHECK(sum.get() == 4e6);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("large");

TEST_CASE("1.5 GB to an engine and back") {
  constexpr std::size_t count = 1'500'000'000 / sizeof(double);
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  {
    std::vector<double> numbers(count, 1.0);
    numbers.front() = 3;
    numbers.back() = 5;
    c[0].push("numbers", numbers).get(120s);
  }
  CHECK(c[0].apply_async<double>("sum_of", "numbers").get(60s) == static_cast<double>(count + 6));
  const auto back = c[0].pull<std::vector<double>>("numbers");
  REQUIRE(back.size() == count);
  CHECK(back.front() == 3);
  CHECK(back[count / 2] == 1);
  CHECK(back.back() == 5);
}

TEST_SUITE_END();
