#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <list>
#include <numeric>
#include <ranges>

using namespace pactor;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

std::shared_ptr<fake_session> cluster(int engines = 4) { return std::make_shared<fake_session>(engines); }

std::vector<int> first_numbers(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

ndarray<double> counted(std::vector<std::size_t> shape) {
  ndarray<double> a{std::move(shape)};
  std::iota(a.begin(), a.end(), 0.0);
  return a;
}

std::string refusal(auto&& f) {
  try {
    f();
  } catch (const signature_mismatch& e) {
    return e.what();
  }
  return "";
}

using parts = std::vector<std::vector<int>>;

} // namespace

TEST_SUITE("scatter and gather") {
  TEST_CASE("each engine gets its contiguous part, and gather restores the whole") {
    const auto view = client_of(cluster())[all];
    view.scatter("c", std::views::iota(0, 28)).get();
    CHECK(view.pull<std::vector<int>>("c")[3] == std::vector{21, 22, 23, 24, 25, 26, 27});
    CHECK(view.gather<int>("c") == first_numbers(28));
    view.scatter("c", first_numbers(10)).get();
    CHECK(view.pull<std::vector<int>>("c") == parts{{0, 1, 2}, {3, 4, 5}, {6, 7}, {8, 9}});
    CHECK(view.gather<double>("c").size() == 10);
  }

  TEST_CASE("an engine without a part has an empty one") {
    const auto view = client_of(cluster())[all];
    view.scatter("c", std::vector{7, 8}).get();
    CHECK(view.pull<std::vector<int>>("c") == parts{{7}, {8}, {}, {}});
    CHECK(view.gather<int>("c") == std::vector{7, 8});
    view.scatter("c", std::vector<std::string>{}).get();
    CHECK(view.gather<std::string>("c").empty());
  }

  TEST_CASE("flatten stores a part of one element as that element") {
    const auto view = client_of(cluster())[all];
    view.scatter("c", std::vector{0, 1, 2}, {.flatten = true}).get();
    CHECK(view.pull("c") == std::vector<value>{0, 1, 2, std::vector<int>{}});
    CHECK(view.gather<int>("c") == std::vector{0, 1, 2});
    view.scatter("c", std::vector{0, 1, 2, 3, 4}, {.flatten = true}).get();
    CHECK(view.gather<int>("c") == std::vector{0, 1, 2, 3, 4});
    CHECK(view.gather("c") == value{value::array{0, 1, 2, 3, 4}});
    view.scatter("c", std::vector<std::vector<int>>{{1, 2}, {}, {3}}, {.flatten = true}).get();
    CHECK(view.gather<std::vector<int>>("c").at(2) == std::vector{3});
  }

  TEST_CASE("engines take turns where they are told to") {
    const auto view = client_of(cluster(3))[all];
    for (const auto& n : {0, 1, 3, 7, 9}) {
      view.scatter("c", first_numbers(n), {.distribution = distribution::round_robin}).get();
      CHECK(view.gather<int>("c", {.distribution = distribution::round_robin}) == first_numbers(n));
    }
    view.scatter("c", first_numbers(7), {.distribution = distribution::round_robin}).get();
    CHECK(view.pull<std::vector<int>>("c") == parts{{0, 3, 6}, {1, 4}, {2, 5}});
    CHECK(view.gather("c", {.distribution = distribution::round_robin}) == value{first_numbers(7)});
    const std::vector<std::string> words{"a", "b", "c", "d"};
    view.scatter("w", words, {.distribution = distribution::round_robin}).get();
    CHECK(view.gather<std::string>("w", {.distribution = distribution::round_robin}) == words);
    const auto m = counted({5, 2, 2});
    view.scatter("m", m, {.distribution = distribution::round_robin}).get();
    CHECK(view.pull<ndarray<double>>("m")[1](1, 0, 0) == 16);
    CHECK(view.gather<ndarray<double>>("m", {.distribution = distribution::round_robin}) == m);
    CHECK(view.gather("m", {.distribution = distribution::round_robin}) == value{m});
  }

  TEST_CASE("any range is scattered: lists, texts, flags, bytes, ranges read once") {
    const auto view = client_of(cluster(3))[all];
    view.scatter("l", std::list<double>{1, 2, 3, 4}).get();
    CHECK(view.gather<double>("l") == std::vector<double>{1, 2, 3, 4});
    view.scatter("l", std::views::iota(0, 9) | std::views::filter([](int i) { return i % 2 == 1; })).get();
    CHECK(view.gather<int>("l") == std::vector{1, 3, 5, 7});
    const std::vector<std::string> words{"a", "b", "c", "d"};
    view.scatter("w", words).get();
    CHECK(view.gather<std::string>("w") == words);
    CHECK(view.gather("w") == value{value::array{"a", "b", "c", "d"}});
    const std::vector<bool> flags{true, false, true, true, false};
    view.scatter("f", flags).get();
    CHECK(view.gather<bool>("f") == flags);
    const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5};
    for (const auto d : {distribution::blocks, distribution::round_robin}) {
      view.scatter("b", bytes, {.distribution = d}).get();
      CHECK(view.gather<std::uint8_t>("b", {.distribution = d}) == bytes);
      CHECK(view.gather("b", {.distribution = d}).is_binary());
    }
    view.scatter("nested", std::vector<std::vector<int>>{{1}, {2, 3}, {}, {4}}).get();
    CHECK(view.gather<std::vector<int>>("nested") == parts{{1}, {2, 3}, {}, {4}});
  }

  TEST_CASE("an array is divided along its first axis") {
    const auto view = client_of(cluster())[all];
    const auto a = counted({7, 3});
    view.scatter("a", a).get();
    const auto rows = view.pull<ndarray<double>>("a");
    CHECK(rows[0] == ndarray<double>{{2, 3}, {0, 1, 2, 3, 4, 5}});
    CHECK(rows[3] == ndarray<double>{{1, 3}, {18, 19, 20}});
    CHECK(view.gather<ndarray<double>>("a") == a);
    CHECK(view.gather<ndarray<float>>("a").shape()[0] == 7);
    CHECK(view.gather("a") == value{a});
    view.scatter("a", counted({2, 3}), {.flatten = true}).get();
    CHECK(view.pull<ndarray<double>>("a")[1] == ndarray<double>{{3}, {3, 4, 5}});
    CHECK(view.gather<ndarray<double>>("a") == counted({2, 3}));
    view.scatter("a", counted({0, 3})).get();
    CHECK(view.gather<ndarray<double>>("a") == counted({0, 3}));
    CHECK_THROWS_AS(view.scatter("a", ndarray<double>{std::vector<std::size_t>{}}), error);
  }

  TEST_CASE("values that are no sequences are gathered as a list") {
    const auto c = client_of(cluster(3));
    for (int i = 0; i < 3; ++i) c[i].push("y", 10 * i).get();
    CHECK(c[all].gather<int>("y") == std::vector{0, 10, 20});
    CHECK(c["2,0"].gather<double>("y") == std::vector{20.0, 0.0});
    CHECK(c[all].gather("y") == value{value::array{0, 10, 20}});
    CHECK(c[1].gather<int>("y") == std::vector{10});
    c[all].push("t", "text").get();
    CHECK(c[all].gather<std::string>("t") == std::vector<std::string>(3, "text"));
  }

  TEST_CASE("unequal kinds are refused naming engines and kinds") {
    const auto c = client_of(cluster(4));
    c[all].push("x", std::vector{1, 2}).get();
    c[2].push("x", "text").get();
    CHECK(refusal([&] { (void)c[all].gather<int>("x"); }) ==
          "variable x can't be put together as vector<int32>: engines 0, 1, 3: vector<int32>; engine 2: string");
    CHECK(refusal([&] { (void)c[all].gather("x"); }) ==
          "variable x can't be put together as one sequence: engines 0, 1, 3: vector<int32>; engine 2: string");
    c[2].push("x", value{value::map{{"a", 1}}}).get();
    CHECK(refusal([&] { (void)c[all].gather("x"); }).find("engine 2: map<string,int64>") != std::string::npos);
    c[all].push("m", counted({2, 3})).get();
    c[0].push("m", counted({2, 4})).get();
    CHECK(refusal([&] { (void)c[all].gather<ndarray<double>>("m"); }) ==
          "variable m can't be put together as ndarray<double>: engine 0: ndarray<double> of 2x4; engines 1-3: "
          "ndarray<double> of 2x3");
    CHECK_THROWS_AS((void)c[all].gather("nowhere"), composite_error);
    CHECK_THROWS_AS((void)c[0].gather("nowhere"), remote_error);
  }

  TEST_CASE("neither waits unless it is asked to") {
    const auto s = cluster(2);
    auto view = client_of(s)[all];
    s->hold();
    const auto scattered = view.scatter("x", std::vector{1, 2, 3});
    const auto gathered = view.gather_async<int>("x");
    CHECK_FALSE(scattered.ready());
    CHECK_FALSE(gathered.ready());
    s->run();
    CHECK(gathered.get() == std::vector{1, 2, 3});
    CHECK(gathered.get_dict() == std::map<int, std::vector<int>>{{0, {1, 2}}, {1, {3}}});
    CHECK(gathered.get_or_errors().at(1).value() == std::vector{3});
  }
}
