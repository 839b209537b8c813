// Arithmetic, reductions, making and cutting arrays.

#include "pactor/prelude.hpp"
#include "tests/unit/prelude/failure_of.hpp"

#include <doctest/doctest.h>
#include <limits>
#include <list>
#include <string>

using namespace pactor::prelude; // as users write it
using pactor::ec;
using pactor::ndarray;
using pactor::testing::failure_of;
using doubles_vector = std::vector<double>;
using std::string;
using std::vector;

TEST_SUITE_BEGIN("prelude");

TEST_CASE("arithmetic between arrays and with scalars: what C++ makes of each pair") {
  const vector<double> x{1, 2, 3};
  const vector<int> i{7, -7, 2};
  CHECK(x + x == vector<double>{2, 4, 6});
  CHECK(2 * x - 1 == vector<double>{1, 3, 5});
  CHECK(x + i == vector<double>{8, -5, 5});
  CHECK(i / 2 == vector<int>{3, -3, 1}); // ints divide as ints
  CHECK(i / 2.0 == vector<double>{3.5, -3.5, 1});
  CHECK(i % 3 == vector<int>{1, -1, 2});
  CHECK(x % 2.0 == vector<double>{1, 0, 1});
  CHECK(-x == vector<double>{-1, -2, -3});
  CHECK(vector<std::int64_t>{1} * 0.5 == vector<double>{0.5});
  CHECK(vector<int>{std::numeric_limits<int>::min()} % -1 == vector<int>{0});
  CHECK(vector<int>{std::numeric_limits<int>::min()} / -1 == vector<int>{std::numeric_limits<int>::min()});
  CHECK(vector<unsigned>{7, 8} / -1 == vector<unsigned>{0, 0}); // as 7U / -1 in C++
  CHECK(vector<unsigned>{7, 8} % -1 == vector<unsigned>{7, 8});
  CHECK(failure_of([&] { static_cast<void>(i / 0); }) == "integers were divided by zero");
  CHECK((x / 0.0)[0] == std::numeric_limits<double>::infinity());
  CHECK(vector{1.0, 2.0} + std::array{1.0, 2.0} == vector{2.0, 4.0}); // temporaries, other ranges
  const std::span<const double> s{x};
  CHECK(s * 2 == vector<double>{2, 4, 6});
  auto y = x;
  y += 1;
  y *= x;
  CHECK(y == vector<double>{2, 6, 12});
}

TEST_CASE("arrays with a shape keep it, and shapes have to agree") {
  const ndarray<double> a{{2, 2}, {1, 2, 3, 4}};
  CHECK(a * 2 == ndarray<double>{{2, 2}, {2, 4, 6, 8}});
  CHECK(1 - a == ndarray<double>{{2, 2}, {0, -1, -2, -3}});
  CHECK(a + a == ndarray<double>{{2, 2}, {2, 4, 6, 8}});
  CHECK((a > 2) == ndarray<std::uint8_t>{{2, 2}, {0, 0, 1, 1}});
  CHECK(sqrt(ndarray<int>{{1, 2}, {4, 9}}) == ndarray<double>{{1, 2}, {2, 3}});
  CHECK(failure_of([&] { static_cast<void>(a + ndarray<double>{{4}}); }) == "+: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(vector{1, 2} * vector{1}); }) == "*: arrays of unequal shape: 2 and 1");
  // A vector has the shape of its length.
  const vector<double> four(4), two{1, 2};
  CHECK(failure_of([&] { static_cast<void>(a + four); }) == "+: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(four - a); }) == "-: arrays of unequal shape: 4 and 2x2");
  CHECK(failure_of([&] { static_cast<void>(maximum(a, four)); }) == "maximum: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(where(a > 2, four, 0)); }) == "where: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(where(a > 2, 0, four)); }) == "where: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(where(four > 2, a, 0)); }) == "where: arrays of unequal shape: 4 and 2x2");
  CHECK(failure_of([&] { static_cast<void>(select(a, four > 2)); }) == "select: arrays of unequal shape: 2x2 and 4");
  CHECK(failure_of([&] { static_cast<void>(select(four, a > 2)); }) == "select: arrays of unequal shape: 4 and 2x2");
  CHECK(select(a, a > 2) == vector<double>{3, 4});
  CHECK(where(a > 2, a, 0) == ndarray<double>{{2, 2}, {0, 0, 3, 4}});
  CHECK(ndarray<double>{{2}, {1, 2}} + two == ndarray<double>{{2}, {2, 4}});
  CHECK(two + ndarray<double>{{2}, {1, 2}} == ndarray<double>{{2}, {2, 4}});
}

TEST_CASE("comparisons with scalars are masks; what std does with vectors stays") {
  const vector<double> x{1, 5, 3};
  CHECK((x > 2) == vector<bool>{false, true, true});
  CHECK((3 == x) == vector<bool>{false, false, true});
  CHECK((x != 3) == vector<bool>{true, true, false});
  CHECK(((x > 2) & (x < 4)) == vector<bool>{false, false, true});
  CHECK(!(x > 2) == vector<bool>{true, false, false});
  const bool same = x == vector<double>{1, 5, 3}, less = x < vector<double>{2};
  CHECK(same);
  CHECK(less);
  CHECK(string{"a"} + "b" + 'c' == "abc");
  CHECK(equal(x, vector{1, 2, 3}) == vector<bool>{true, false, true});
  CHECK(any(x > 4));
  CHECK(!all(x > 4));
  CHECK(count(x > 2) == 2);
  CHECK(where(x > 2) == vector<std::int64_t>{1, 2});
  CHECK(where(x > 2, x, 0) == vector<double>{1 * 0.0, 5, 3});
  CHECK(select(x, x > 2) == vector<double>{5, 3});
  CHECK(maximum(x, 3) == vector<double>{3, 5, 3});
  CHECK(minimum(x, vector{2, 2, 2}) == vector<double>{1, 2, 2});
}

TEST_CASE("integers are compared by their values, whether they have a sign or not") {
  const vector<std::size_t> sizes{0, 5};
  const vector<int> numbers{-1, 5};
  CHECK((sizes > -1) == vector<bool>{true, true});
  CHECK((sizes >= -1) == vector<bool>{true, true});
  CHECK((-1 < sizes) == vector<bool>{true, true});
  CHECK((numbers < len(sizes)) == vector<bool>{true, false});
  CHECK((numbers <= len(sizes)) == vector<bool>{true, false});
  CHECK((vector<unsigned>{4294967295U} == -1) == vector<bool>{false});
  CHECK((vector<unsigned>{4294967295U} != -1) == vector<bool>{true});
  CHECK((vector<bool>{true, false} == 1) == vector<bool>{true, false});
  CHECK((vector<char>{'a'} == 97U) == vector<bool>{true});
  CHECK(equal(vector{-1}, vector<std::size_t>{static_cast<std::size_t>(-1)}) == vector<bool>{false});
  CHECK(maximum(sizes, numbers) == vector<std::size_t>{0, 5});
  CHECK(minimum(sizes, numbers) == vector<std::int64_t>{-1, 5});
  CHECK(minimum(numbers, 3U) == vector<int>{-1, 3});
  CHECK(min(-1, len(sizes)) == -1);
  CHECK(min(len(sizes), -1) == -1);
  CHECK(max(-1, len(sizes)) == 2);
  CHECK(max(len(sizes), -1) == 2);
}

TEST_CASE("nan is the least and the greatest, and the first one stands where they do") {
  const auto nan = std::nan("");
  const vector<double> x{1, nan, 3, nan, -5};
  CHECK(std::isnan(min(x)));
  CHECK(std::isnan(max(x)));
  CHECK(argmin(x) == 1);
  CHECK(argmax(x) == 1);
  for (const auto& both : {maximum(vector{1.0, nan}, vector{nan, 1.0}), minimum(vector{1.0, nan}, vector{nan, 1.0})}) {
    CHECK(std::isnan(both[0]));
    CHECK(std::isnan(both[1]));
  }
  CHECK(std::isnan(maximum(vector{1}, nan)[0]));
  CHECK(std::isnan(max(1, nan)));
  CHECK(std::isnan(min(nan, 1)));
  CHECK(argmax(vector{2, 7, 7, -7, -7}) == 1); // the first of equal ones
  CHECK(argmin(vector{2, 7, 7, -7, -7}) == 3);
}

TEST_CASE("functions of each element, and of plain numbers") {
  CHECK(sin(vector<double>{0, pi / 2}) == vector<double>{0, 1});
  CHECK(sin(0) == 0.0);
  CHECK(std::is_same_v<decltype(sin(1.0F)), float>);
  CHECK(abs(-2.5) == 2.5);
  CHECK(abs(vector{-1, 2}) == vector{1, 2});
  CHECK(pow(vector{1, 2, 3}, 2) == vector<double>{1, 4, 9});
  CHECK(pow(2.0, vector{1, 2}) == vector<double>{2, 4});
  CHECK(pow(2, 3) == 8);
  CHECK(round(vector{0.5, 1.4}) == vector<double>{1, 1});
  CHECK(floor(std::list<double>{-0.5}) == vector<double>{-1});
  CHECK(exp(vector{0}) == vector<double>{1});
  CHECK(isnan(vector{std::nan("")}) == vector<bool>{true});
  CHECK(log10(vector{100.0}) == vector<double>{2});
}

TEST_CASE("sums and statistics") {
  const vector<int> i{3, 1, 2};
  CHECK(std::is_same_v<decltype(sum(i)), std::int64_t>);
  CHECK(sum(i) == 6);
  CHECK(sum(vector<int>(4, 2'000'000'000)) == 8'000'000'000);
  CHECK(sum(vector<bool>{true, true}) == 2);
  CHECK(sum(vector{0.1F, 0.2F}) == doctest::Approx(0.3));
  CHECK(sum(vector<double>{}) == 0);
  CHECK(sum(vector<double>(1'000'000, 0.1)) == doctest::Approx(100'000).epsilon(1e-13));
  for (const std::size_t n : {1U, 7U, 127U, 128U, 129U, 1000U})
    CHECK(sum(arange(static_cast<double>(n))) == static_cast<double>(n * (n - 1) / 2));
  CHECK(sum(range(5)) == 10);
  CHECK(prod(i) == 6);
  CHECK(mean(i) == 2.0); // a double, of ints too
  CHECK(mean(vector{1, 2}) == 1.5);
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  CHECK(mean(vector<std::int64_t>(4, largest)) == static_cast<double>(largest)); // the sum does not overflow
  CHECK(mean(vector<std::int64_t>{-largest, -largest}) == -static_cast<double>(largest));
  CHECK(mean(vector<std::uint64_t>(3, std::numeric_limits<std::uint64_t>::max())) == 0x1p64);
  CHECK(mean(vector<std::int64_t>{1LL << 60, 3, -(1LL << 60)}) == 1); // nor is it rounded on the way
  CHECK(mean(vector<bool>{true, false}) == 0.5);
  CHECK(var(i) == doctest::Approx(2.0 / 3));
  CHECK(var(i, 1) == 1.0);
  CHECK(stddev(vector{1, 3}) == 1.0);
  CHECK(median(vector{4, 1, 3, 2}) == 2.5);
  CHECK(min(i) == 1);
  CHECK(max(i) == 3);
  CHECK(max(2, 3.5) == 3.5);
  CHECK(min(2, 3) == 2);
  CHECK(argmin(i) == 1);
  CHECK(argmax(i) == 0);
  CHECK(std::isnan(max(vector{1.0, std::nan(""), 2.0})));
  CHECK(failure_of([] { static_cast<void>(mean(vector<int>{})); }) == "mean of an array with too few elements");
  CHECK(failure_of([] { static_cast<void>(max(vector<int>{})); }) == "max of an array with too few elements");
  CHECK(cumsum(i) == vector<std::int64_t>{3, 4, 6});
  CHECK(diff(i) == vector<int>{-2, 1});
  CHECK(diff(vector<int>{}).empty());
  CHECK(sort(i) == vector{1, 2, 3});
  CHECK(std::isnan(sort(vector{std::nan(""), 1.0})[1]));
  CHECK(unique(vector{2, 1, 2}) == vector{1, 2});
}

TEST_CASE("along an axis") {
  const ndarray<int> a{{2, 3}, {1, 2, 3, 4, 5, 6}};
  CHECK(sum(a) == 21);
  CHECK(sum(a, 0) == ndarray<std::int64_t>{{3}, {5, 7, 9}});
  CHECK(mean(a, 1) == ndarray<double>{{2}, {2, 5}});
  CHECK(max(a, 0) == ndarray<int>{{3}, {4, 5, 6}});
  CHECK(failure_of([&] { static_cast<void>(sum(a, 2)); }) == "axis 2 of an array of 2 dimensions");
}

TEST_CASE("making arrays") {
  CHECK(linspace(0, 1, 3) == vector<double>{0, 0.5, 1});
  CHECK(linspace(0, 20, 1000).back() == 20);
  CHECK(linspace(5, 6, 1) == vector<double>{5});
  CHECK(linspace(0, 1, 0).empty());
  CHECK(arange(3) == vector<std::int64_t>{0, 1, 2});
  CHECK(arange(5, 0, -2) == vector<std::int64_t>{5, 3, 1});
  CHECK(arange(0, 1, 0.25) == vector<double>{0, 0.25, 0.5, 0.75});
  CHECK(zeros(2) == vector<double>{0, 0});
  CHECK(ones<int>(2, 1) == ndarray<int>{{2, 1}, {1, 1}});
  CHECK(full({1, 2}, 7) == ndarray<int>{{1, 2}, {7, 7}});
  CHECK(eye(2) == ndarray<double>{{2, 2}, {1, 0, 0, 1}});
  CHECK(matrix({{1, 2}, {3, 4}}) == ndarray<double>{{2, 2}, {1, 2, 3, 4}});
  CHECK(failure_of([] { static_cast<void>(matrix({{1, 2}, {3}})); }).find("unequal") != string::npos);
  CHECK(failure_of([] { static_cast<void>(zeros(-1)); }) == "an array can't have -1 elements");
  CHECK(failure_of([] { static_cast<void>(arange(0, 1, 0)); }) == "arange: the step is 0");
  CHECK(failure_of([] { static_cast<void>(arange(0, 1, 0.0)); }) == "arange: the step is 0 or nan");
  constexpr std::int64_t large = std::int64_t{1} << 60; // doubles have no odd numbers there
  CHECK(arange(large + 1, large + 4) == vector<std::int64_t>{large + 1, large + 2, large + 3});
  CHECK(arange(std::numeric_limits<std::int64_t>::max() - 1, std::numeric_limits<std::int64_t>::max()).size() == 1);
  CHECK(arange(std::size_t{3}) == vector<std::int64_t>{0, 1, 2});
  CHECK(failure_of([] { static_cast<void>(arange(large)); }) == "arange: more numbers than fit in memory");
  CHECK(failure_of([] { static_cast<void>(arange(std::numeric_limits<std::uint64_t>::max())); }) ==
        "18446744073709551615 is too large: integers are counted up to 2^63 - 1");
}

TEST_CASE("ranges to loop over") {
  CHECK(str(range(3)) == "[0, 1, 2]");
  CHECK(vector<int>(range(2, 9, 3).begin(), range(2, 9, 3).end()).size() == 3);
  CHECK(str(range(2, 9, 3)) == "[2, 5, 8]");
  CHECK(str(range(3, 0, -1)) == "[3, 2, 1]");
  CHECK(len(range(5, 2)) == 0);
  CHECK(len(range(std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), 1 << 30)) == 4);
  CHECK(failure_of([] { static_cast<void>(range(0, 1, 0)); }) == "range: the step is 0");
  const auto wide = range(std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), 1 << 30);
  CHECK(wide[3] == 1 << 30); // three steps are beyond int
  const vector<int> x{7, 8};
  CHECK(str(range(len(x), 0, -1)) == "[2, 1]");
  CHECK(str(range(-1, len(x))) == "[-1, 0, 1]");
  CHECK(str(range(len(x), std::size_t{4})) == "[2, 3]");
  CHECK(failure_of([] { static_cast<void>(range(0, std::numeric_limits<std::uint64_t>::max())); }) ==
        "18446744073709551615 is too large: integers are counted up to 2^63 - 1");
  std::int64_t total = 0;
  for (const auto i : range(std::int64_t{1'000'000})) total += i;
  CHECK(total == 499'999'500'000);
}

TEST_CASE("parts of arrays") {
  const auto x = arange(5);
  CHECK(slice(x, 1, 3) == vector<std::int64_t>{1, 2});
  CHECK(slice(x, -2) == vector<std::int64_t>{3, 4});
  CHECK(slice(x, none, none, -2) == vector<std::int64_t>{4, 2, 0});
  CHECK(slice(x, 10, 20).empty());
  CHECK(slice(x, none, -10).empty());
  const auto a = reshape(arange(6), 2, -1);
  CHECK(a == ndarray<std::int64_t>{{2, 3}, {0, 1, 2, 3, 4, 5}});
  CHECK(slice(a, 1) == ndarray<std::int64_t>{{1, 3}, {3, 4, 5}});
  CHECK(row(a, -1) == vector<std::int64_t>{3, 4, 5});
  CHECK(column(a, 1) == vector<std::int64_t>{1, 4});
  CHECK(transpose(a) == ndarray<std::int64_t>{{3, 2}, {0, 3, 1, 4, 2, 5}});
  CHECK(flatten(a) == arange(6));
  CHECK(concatenate(vector{1}, vector{2.5}) == vector<double>{1, 2.5});
  CHECK(failure_of([&] { static_cast<void>(row(a, 2)); }) == "row 2 of 2");
  CHECK(failure_of([&] { static_cast<void>(reshape(x, 2, 2)); }) == "reshape: 5 elements do not fill a shape of 2x2");
  CHECK(failure_of([&] { static_cast<void>(transpose(ndarray<int>{})); }) ==
        "transpose needs a matrix, not an array of 1 dimension");
  CHECK(len(a) == 2);
  CHECK(len("text") == 4);
  CHECK(len(string{"text"}) == 4);
}

TEST_CASE("random numbers: in range, all different, the same for the same seed") {
  const auto r = rand(1000);
  CHECK(min(r) >= 0);
  CHECK(max(r) < 1);
  CHECK(unique(r).size() == 1000);
  CHECK(rand(2, 3).shape()[1] == 3);
  seed(42);
  const auto first = randn(1000);
  const auto integers = randint(-3, 3, 1000);
  seed(42);
  CHECK(randn(1000) == first);
  CHECK(randint(-3, 3, 1000) == integers);
  seed(43);
  CHECK(randn(1000) != first);
  CHECK(std::abs(mean(first)) < 0.2);
  CHECK(std::abs(stddev(first) - 1) < 0.1);
  CHECK(unique(integers) == arange(-3, 3));
  CHECK(randint(5, 6) == 5);
  CHECK(sort(shuffled(arange(100))) == arange(100));
  CHECK(shuffled(arange(100)) != arange(100));
  CHECK(uniform(2, 3) >= 2);
  CHECK(failure_of([] { static_cast<void>(randint(1, 1)); }) == "randint: there is no integer from 1 to below 1");
  static_cast<void>(randint(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("the slides' names") {
  const auto x = np.linspace(0, 20, 1000);
  CHECK(np.sin(x) == sin(x));
  CHECK(numpy.random.rand(2, 2).size() == 4);
  CHECK(np.std(vector{1, 3}) == 1.0);
  CHECK(np.array({1, 2}) == vector<double>{1, 2});
  CHECK(np.array({{1, 2}, {3, 4}}) == matrix({{1, 2}, {3, 4}}));
  CHECK(np.pi == pi);
  CHECK(time() > 1.6e9);
  CHECK(getpid() > 0);
  CHECK(!hostname().empty());
  const timer t;
  CHECK(t.elapsed() >= 0);
}

TEST_CASE("outside of a snippet there is no engine") {
  CHECK(failure_of([] { static_cast<void>(engine()); }).starts_with("there is no engine here"));
  CHECK(failure_of([] { sleep(1); }).starts_with("there is no engine here"));
  CHECK(failure_of([] { plot(vector{1.0}); }).starts_with("there is no engine here"));
}

TEST_SUITE_END();
