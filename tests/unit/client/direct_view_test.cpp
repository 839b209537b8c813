#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <list>
#include <ranges>
#include <set>
#include <sstream>

using namespace pactor;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

constexpr job<double(double)> power10{"power10"};
constexpr job<long(long, long)> add{"add"};
constexpr job<int()> engine_id{"engine_id"};

std::shared_ptr<fake_session> cluster(int engines = 4) { return std::make_shared<fake_session>(engines); }

/// What each task of a map was given, by element count.
std::vector<std::size_t> parts(const fake_session& s) {
  std::vector<std::size_t> sizes;
  for (const auto& task : s.seen) {
    const auto call = detail::read_call(task.payload.data, task.payload.size).value();
    auto sequences = decode<std::vector<value>>(call.arguments, call.size);
    sizes.push_back(detail::elements_of(sequences.at(0)).size());
  }
  return sizes;
}

} // namespace

TEST_SUITE("direct_view") {
  TEST_CASE("apply runs on every engine, results in target order") {
    const auto s = cluster();
    const auto c = client_of(s);
    CHECK(c[all].apply_sync(engine_id) == std::vector{0, 1, 2, 3});
    CHECK(c[{3, 1}].apply_sync(engine_id) == std::vector{3, 1});
    CHECK(c["::2"].apply_sync<int>("engine_id") == std::vector{0, 2});
    CHECK(c[pactor::slice(1, 3)].apply_sync(add, 20, 22) == std::vector{42L, 42L});
  }

  TEST_CASE("one engine by its number gives one result, a list of one a list") {
    const auto c = client_of(cluster());
    const int one = c[2].apply_sync(engine_id);
    CHECK(one == 2);
    CHECK(c[-1].apply_sync(engine_id) == 3);
    CHECK(c[{2}].apply_sync(engine_id) == std::vector{2});
    const direct_view list = c[2];
    CHECK(list.apply_sync(engine_id) == std::vector{2});
  }

  TEST_CASE("all sees engines that join later, every other form those of its moment") {
    const auto s = cluster(2);
    const auto c = client_of(s);
    const auto lazy = c[all];
    const auto fixed = c["0:"];
    s->add_engine(2);
    CHECK(lazy.targets() == std::vector{0, 1, 2});
    CHECK(lazy.apply_sync(engine_id) == std::vector{0, 1, 2});
    CHECK(fixed.targets() == std::vector{0, 1});
    CHECK(fixed.apply_sync(engine_id) == std::vector{0, 1});
    s->remove_engine(0);
    CHECK(lazy.apply_sync(engine_id) == std::vector{1, 2});
  }

  TEST_CASE("a call to an engine that is gone names it, and sends nothing") {
    const auto s = cluster();
    const auto view = client_of(s)[{0, 1}];
    s->remove_engine(1);
    try {
      (void)view.apply_async(engine_id);
      FAIL("must throw");
    } catch (const engine_lost& e) {
      CHECK(e.info().engine == 1);
      CHECK(e.info().what == "engine 1 is gone: the engines are 0, 2, 3");
    }
    CHECK(s->seen.empty());
  }

  TEST_CASE("without engines a directed call is refused with advice") {
    const auto c = client_of(cluster(0));
    CHECK_THROWS_AS((void)c[all].apply_async(engine_id), no_engines);
    CHECK_THROWS_WITH_AS((void)c[all].apply_async(engine_id),
                         "no engines are registered; start some, or give them time with wait_for_engines(n)",
                         no_engines);
    CHECK_THROWS_AS((void)c[pactor::slice(5)].map_async(power10, std::vector{1.0}), no_engines);
  }

  TEST_CASE("targets can be changed, and differ for one call") {
    const auto c = client_of(cluster());
    auto view = c[all];
    CHECK(view.on({1, 2}).apply_sync(engine_id) == std::vector{1, 2});
    CHECK(view.targets().size() == 4);
    CHECK(view.set_targets(pactor::slice(-2)).targets() == std::vector{2, 3});
    CHECK_THROWS_AS(view.set_targets(9), error);
    CHECK(view.targets() == std::vector{2, 3});
  }

  TEST_CASE("a blocking view waits and raises in apply and map, not in their async forms") {
    const auto s = cluster();
    auto view = client_of(s)[all];
    CHECK_FALSE(view.block());
    view.set_block(true);
    CHECK_THROWS_AS((void)view.apply<int>("refuse_on_engine_1"), remote_error);
    CHECK_THROWS_AS((void)view.map<long>("refuse_odd", std::vector{1}), remote_error);
    CHECK_THROWS_AS((void)view.on(1).apply<int>("refuse_on_engine_1"), remote_error);
    (void)view.apply_async<int>("refuse_on_engine_1");
    CHECK(view.apply(engine_id).ready());
    s->hold();
    CHECK_FALSE(view.set_block(false).apply(engine_id).ready());
  }

  TEST_CASE("an unknown job is refused with near names before anything is sent") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    CHECK_THROWS_WITH_AS((void)view.apply_async<double>("powr10", 2.0), "no job \"powr10\"; did you mean power10?",
                         unknown_job);
    CHECK_THROWS_AS((void)view.map_async<double>("powr10", std::vector{2.0}), unknown_job);
    CHECK(s->seen.empty());
  }

  TEST_CASE("arguments that do not fit are refused with both signatures before anything is sent") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    for (int i = 0; i < 2; ++i) {
      try {
        (void)view.apply_async<double>("power10", "two");
        FAIL("must throw");
      } catch (const signature_mismatch& e) {
        const std::string what = e.what();
        CHECK(what.find("double(double)") != std::string::npos);
        CHECK(what.find("(string)") != std::string::npos);
      }
    }
    CHECK_THROWS_AS((void)view.apply_async<double>("power10"), signature_mismatch);
    CHECK_THROWS_AS((void)view.apply_async<double>("power10", 1.0, 2.0), signature_mismatch);
    CHECK_THROWS_AS((void)view.apply_async<double>("power10", arguments{{"two"}}), signature_mismatch);
    CHECK_THROWS_AS((void)view.map_async<double>("power10", std::vector<std::string>{"two"}), signature_mismatch);
    CHECK(s->seen.empty());
  }

  TEST_CASE("the catalogue is asked once for a job and its argument types") {
    const auto s = cluster();
    const auto c = client_of(s);
    (void)c[all].apply_sync(power10, 2.0);
    (void)c[1].apply_sync(power10, 3);
    (void)c.load_balanced_view().map_sync(power10, std::views::iota(0, 9));
    CHECK(s->catalogue_queries == 1);
    (void)c[all].apply_sync<double>("power10", 2);
    CHECK(s->catalogue_queries == 2);
  }

  TEST_CASE("numbers that a parameter cannot hold are refused, not rounded") {
    const auto view = client_of(cluster())[all];
    CHECK_THROWS_AS((void)view.apply_async(add, 1.5, 1), error);
    CHECK_THROWS_AS((void)view.map_async(add, std::vector{1.5}, std::vector{1.0}), error);
    CHECK(view.on(0).apply_sync(add, 1.0, 1) == 2);
  }

  TEST_CASE("map gives each engine one contiguous part, the first ones one more, and joins the results in order") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    CHECK(view.map_sync(power10, std::views::iota(0, 7)) ==
          std::vector<double>{0, 1, 1024, 59049, 1048576, 9765625, 60466176});
    CHECK(parts(*s) == std::vector<std::size_t>{2, 2, 2, 1});
    CHECK(view.map_async(power10, std::views::iota(0, 7)).element_engine_ids() == std::vector{0, 0, 1, 1, 2, 2, 3});
  }

  TEST_CASE("engines without a part are sent nothing") {
    const auto s = cluster();
    const auto view = client_of(s)[all];
    CHECK(view.map_sync(power10, std::vector{2.0, 1.0}) == std::vector{1024.0, 1.0});
    CHECK(parts(*s) == std::vector<std::size_t>{1, 1});
    s->seen.clear();
    const auto none = view.map_async(power10, std::vector<double>{});
    CHECK(none.ready());
    CHECK(none.get().empty());
    CHECK(s->seen.empty());
  }

  TEST_CASE("map takes any sequence") {
    const auto s = cluster(3);
    const auto view = client_of(s)[all];
    const std::vector<double> expected{1, 1024, 59049, 1048576};
    CHECK(view.map_sync(power10, std::vector<double>{1, 2, 3, 4}) == expected);
    CHECK(view.map_sync(power10, std::list<int>{1, 2, 3, 4}) == expected);
    CHECK(view.map_sync(power10, std::set<float>{1, 2, 3, 4}) == expected);
    const double numbers[] = {1, 2, 3, 4};
    CHECK(view.map_sync(power10, numbers) == expected);
    CHECK(view.map_sync(power10, std::span{numbers}) == expected);
    std::istringstream stream{"1 2 3 4"};
    CHECK(view.map_sync(power10, std::views::istream<int>(stream)) == expected);
    CHECK(view.map_sync(power10, std::views::iota(0, 9) | std::views::filter([](int i) { return i > 0 && i < 5; })) ==
          expected);
    const std::vector<std::string> words{"a", "b", "c", "d", "e"};
    CHECK(view.map_sync<std::string>("identity", words) == words);
    const std::vector<bool> flags{true, false, true, true};
    CHECK(view.map_sync<bool>("identity", flags) == flags);
  }

  TEST_CASE("map takes several sequences, and refuses unequal lengths naming them") {
    const auto s = cluster(3);
    const auto view = client_of(s)[all];
    CHECK(view.map_sync(add, std::vector{1, 2, 3, 4}, std::list{10, 20, 30, 40}) == std::vector{11L, 22L, 33L, 44L});
    s->seen.clear();
    CHECK_THROWS_WITH_AS((void)view.map_async(add, std::vector{1, 2, 3, 4}, std::views::iota(0, 5)),
                         "all sequences must have the same length, but have 4, 5", error);
    CHECK(s->seen.empty());
  }

  TEST_CASE("map by name gives values, whatever they travelled as") {
    const auto view = client_of(cluster(2))[all];
    CHECK(view.map_sync("power10", std::vector{1.0, 2.0, 0.0}) == std::vector<value>{1.0, 1024.0, 0.0});
    CHECK(view.map_sync("identity", std::vector<value>{1, "two", nullptr}) == std::vector<value>{1, "two", nullptr});
    CHECK(view.on(0).apply_sync("power10", 2) == value{1024.0});
    CHECK(view.on({0}).apply_sync("add", arguments{{20, 22}}) == std::vector<value>{42});
  }

  TEST_CASE("a failed element leaves its neighbours' results") {
    const auto s = cluster(2);
    const auto r = client_of(s)[all].map_async<long>("refuse_odd", std::vector{0, 1, 2, 4, 6, 7});
    CHECK_FALSE(r.successful());
    try {
      r.get();
      FAIL("must throw");
    } catch (const composite_error& e) {
      REQUIRE(e.failures().size() == 2);
      CHECK(e.failures()[0].what == "1 is odd");
      CHECK(e.failures()[1].what == "7 is odd");
    }
    const auto each = r.get_or_errors();
    REQUIRE(each.size() == 6);
    for (const std::size_t good : {0, 2, 3, 4}) CHECK(each[good].has_value());
    CHECK(each[0].value() == 0);
    CHECK(each[2].value() == 2);
    CHECK(each[4].value() == 6);
    CHECK(each[1].error().engine == 0);
    CHECK(each[5].error().type == "std::invalid_argument");
  }

  TEST_CASE("a lost engine's elements fail, those of others stay") {
    const auto s = cluster(2);
    s->hold();
    const auto r = client_of(s)[all].map_async(power10, std::vector{1.0, 2.0, 3.0});
    failure dead;
    dead.code = ec::engine_lost;
    dead.engine = 0;
    s->fail(0, dead);
    s->run();
    CHECK_THROWS_AS(r.get(), engine_lost);
    const auto each = r.get_or_errors();
    REQUIRE(each.size() == 3);
    CHECK(each[0].error().code == ec::engine_lost);
    CHECK(each[1].error().code == ec::engine_lost);
    CHECK(each[2].value() == 59049);
  }

  TEST_CASE("variables are pushed to every engine and pulled from each") {
    const auto s = cluster(2);
    const auto c = client_of(s);
    const auto view = c[all];
    view.push({{"a", 1.03234}, {"b", 3453}}).get();
    CHECK(view.pull<double>("a") == std::vector{1.03234, 1.03234});
    CHECK(view.pull({"a", "b"}) == std::vector<value>{value::array{1.03234, 3453}, value::array{1.03234, 3453}});
    CHECK(c[0].pull<int>("b") == 3453);
    CHECK(c[1].pull("b") == value{3453});
    view["v"] = std::vector{1.0, 2.0, 3.0};
    c[1]["v"] = std::vector{4.0};
    CHECK(view["v"].get<std::vector<double>>() == std::vector<std::vector<double>>{{1, 2, 3}, {4}});
    CHECK(c[1]["v"].get<std::vector<double>>() == std::vector{4.0});
    try {
      (void)view.pull<int>("nowhere");
      FAIL("must throw");
    } catch (const composite_error& e) {
      CHECK(e.failures().at(0).code == ec::missing_variable);
    }
    CHECK_THROWS_AS((void)c[0].pull<int>("nowhere"), remote_error);
    CHECK_THROWS_AS((void)c[0].pull<std::string>("b"), signature_mismatch);
  }
}
