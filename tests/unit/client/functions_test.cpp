#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <ranges>

using namespace pactor;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

constexpr job<int()> engine_id{"engine_id"};
constexpr job<long(long, long)> add{"add"};
constexpr job<double(double)> power10{"power10"};
constexpr job<ndarray<double>(ndarray_view<double>, ndarray_view<double>)> pmul{"pmul"};
constexpr job<std::vector<double>(std::span<const double>, double)> scaled{"scaled"};
constexpr job<double(std::span<const double>)> sum{"sum"};

std::shared_ptr<fake_session> cluster(int engines = 4) {
  const auto s = std::make_shared<fake_session>(engines);
  s->add_job("pmul", "ndarray<double>(ndarray<double>, ndarray<double>)", [](auto&, auto args) {
    auto a = args[0].template as<ndarray<double>>();
    const auto b = args[1].template as<ndarray<double>>();
    for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] *= b.values()[i];
    return value{a};
  });
  s->add_job("scaled", "vector<double>(span<double>, double)", [](auto&, auto args) {
    auto a = args[0].template as<std::vector<double>>();
    for (auto& x : a) x *= args[1].template as<double>();
    return value{a};
  });
  s->add_job("sum", "double(span<double>)", [](auto&, auto args) {
    double total = 0;
    for (const auto x : args[0].template as<std::vector<double>>()) total += x;
    return value{total};
  });
  s->add_job("describe", "string(any)", [](auto&, auto args) { return value{args[0].type_name()}; });
  return s;
}

ndarray<double> counted(std::vector<std::size_t> shape) {
  ndarray<double> a{std::move(shape)};
  double x = 0;
  for (auto& e : a) e = x++;
  return a;
}

ndarray<double> squares(ndarray<double> a) {
  for (auto& e : a) e *= e;
  return a;
}

} // namespace

TEST_SUITE("remote and parallel functions") {
  TEST_CASE("a remote function runs on every engine of its view") {
    const auto c = client_of(cluster());
    const auto id = c[all].remote(engine_id);
    CHECK(id().get() == std::vector{0, 1, 2, 3});
    CHECK(id.sync() == std::vector{0, 1, 2, 3});
    CHECK(id.async().get() == id.sync());
    CHECK(c["::2"].remote<int>("engine_id").sync() == std::vector{0, 2});
    CHECK(c[1].remote(engine_id).sync() == 1);
    CHECK(c[all].remote(add).sync(1, 2) == std::vector<long>(4, 3));
    CHECK(c[0].remote("add").sync(1, 2) == value{3});
    CHECK(c.load_balanced_view().remote(add).sync(20, 22) == 42);
  }

  TEST_CASE("it waits as its view does") {
    const auto s = cluster();
    auto view = client_of(s)[all];
    view.set_block(true);
    const auto refusing = view.remote<int>("refuse_on_engine_1");
    CHECK_THROWS_AS((void)refusing(), remote_error);
    CHECK_NOTHROW((void)refusing.async());
    view.set_block(false);
    const auto patient = view.remote(engine_id);
    s->hold();
    CHECK_FALSE(patient().ready());
    s->run();
  }

  TEST_CASE("a parallel function divides its arguments, calls once an engine and puts the results together") {
    const auto s = cluster();
    const auto c = client_of(s);
    const auto a = counted({640, 48});
    const auto multiply = c[all].parallel(pmul);
    CHECK(multiply(a, a).get() == squares(a));
    CHECK(s->seen.size() == 4);
    for (const auto& shape : std::vector<std::vector<std::size_t>>{{7}, {3, 5}, {5, 2, 3}, {1, 9}}) {
      const auto x = counted(shape);
      CHECK(multiply.sync(x, x) == squares(x));
    }
    CHECK(c[all].parallel<ndarray<double>>("pmul").sync(a, a) == squares(a));
    CHECK(c[all].parallel("pmul").sync(a, a) == value{squares(a)});
    CHECK(c[all].parallel(pmul, {.distribution = distribution::round_robin}).sync(a, a) == squares(a));
    CHECK(c[2].parallel(pmul).sync(a, a) == squares(a));
  }

  TEST_CASE("engines without a part are not called, and nothing gives nothing") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    const auto a = counted({2, 3});
    CHECK(view.parallel(pmul).sync(a, a) == squares(a));
    CHECK(s->seen.size() == 2);
    s->seen.clear();
    CHECK(view.parallel(scaled).sync(std::vector<double>{}, 2.0).empty());
    CHECK(view.parallel(pmul).sync(counted({0}), counted({0})).empty());
    CHECK(s->seen.empty());
  }

  TEST_CASE("any sequence is divided, what is none goes to every call") {
    const auto c = client_of(cluster(3));
    CHECK(c[all].parallel(scaled).sync(std::vector<double>{1, 2, 3, 4}, 10) == std::vector<double>{10, 20, 30, 40});
    CHECK(c[all].parallel(scaled).sync(std::views::iota(1, 5), 10) == std::vector<double>{10, 20, 30, 40});
    CHECK(c[all].parallel(sum).sync(std::views::iota(0, 6)) == std::vector<double>{1, 5, 9});
    CHECK(c[all].parallel<std::string>("describe").sync(std::vector<int>{1, 2, 3}) ==
          std::vector<std::string>(3, "vector<int32>"));
  }

  TEST_CASE("unequal lengths are refused naming them") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    CHECK_THROWS_WITH_AS((void)view.parallel(pmul)(counted({4, 2}), counted({5, 2})),
                         "all sequences must have the same length, but have 4, 5", error);
    CHECK_THROWS_AS((void)view.parallel<double>("powr10")(std::vector{1.0}), unknown_job);
    CHECK_THROWS_AS((void)view.parallel<double>("scaled")(std::vector{1.0}, "x"), signature_mismatch);
    CHECK(s->seen.empty());
  }

  TEST_CASE("map of a parallel function applies to each element") {
    const auto s = cluster();
    const auto c = client_of(s);
    CHECK(c[all].parallel(power10).map_sync(std::vector{1, 2}) == std::vector{1.0, 1024.0});
    CHECK(c[all].parallel(add).map(std::views::iota(0, 5), std::views::iota(1, 6)).get().back() == 9);
    CHECK(c[all].parallel<std::string>("describe").map_sync(std::views::iota(0, 5)) ==
          std::vector<std::string>(5, "int64"));
    CHECK(c.load_balanced_view().parallel<double>("power10").map_async(std::vector{2.0}).get() == std::vector{1024.0});
  }

  TEST_CASE("a load-balanced view divides into chunks") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    const auto a = counted({40, 3});
    CHECK(view.parallel(pmul).sync(a, a) == squares(a));
    CHECK(s->seen.size() == 14);
    s->seen.clear();
    CHECK(view.with({.chunksize = 20}).parallel(pmul).sync(a, a) == squares(a));
    CHECK(s->seen.size() == 2);
    CHECK_THROWS_AS((void)view.parallel(pmul, {.distribution = distribution::round_robin})(a, a), error);
  }

  TEST_CASE("results that do not go together are named, and partial failure keeps the rest") {
    const auto s = cluster(3);
    s->add_job("odd_one", "any(any)", [](auto& e, auto args) {
      if (e.id == 1) return value{"text"};
      return args[0];
    });
    s->add_job("fails_on_1", "any(any)", [](auto& e, auto args) {
      if (e.id == 1) throw std::runtime_error{"not here"};
      return args[0];
    });
    const auto view = client_of(s)[all];
    try {
      (void)view.parallel<std::vector<int>>("odd_one").sync(std::vector{1, 2, 3});
      FAIL("must throw");
    } catch (const signature_mismatch& e) {
      CHECK(std::string{e.what()} ==
            "the results of odd_one can't be put together as vector<int32>: engines 0, 2: vector<int32>; "
            "engine 1: string");
    }
    const auto r = view.parallel<std::vector<int>>("fails_on_1").async(std::vector{1, 2, 3});
    CHECK_THROWS_AS(r.get(), remote_error);
    CHECK(r.get_or_errors().at(2).value() == std::vector{3});
    CHECK(r.get_or_errors().at(1).error().engine == 1);
  }
}
