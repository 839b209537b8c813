#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <ranges>

using namespace pactor;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {
constexpr job<double(double)> power10{"power10"};
constexpr job<int()> engine_id{"engine_id"};
std::shared_ptr<fake_session> cluster(int engines = 4) { return std::make_shared<fake_session>(engines); }
} // namespace

TEST_SUITE("load_balanced_view") {
  TEST_CASE("apply runs once and gives one result") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    const double y = view.apply_sync(power10, 2);
    CHECK(y == 1024);
    CHECK(view.apply_sync<double>("power10", 2) == 1024);
    CHECK(view.apply_sync("power10", 2) == value{1024.0});
    CHECK(view.apply_sync("power10", arguments{{2}}) == value{1024.0});
    CHECK(s->seen.size() == 4);
    CHECK(view.apply_async(engine_id).get_dict().size() == 1);
  }

  TEST_CASE("the choice may be restricted") {
    const auto s = cluster();
    const auto c = client_of(s);
    const auto view = c.load_balanced_view({1, 3});
    CHECK(view.targets() == std::vector{1, 3});
    CHECK(view.apply_sync(engine_id) % 2 == 1);
    CHECK(s->seen.back().allowed == std::vector{1, 3});
    (void)c.load_balanced_view().apply_sync(engine_id);
    CHECK(s->seen.back().allowed.empty());
    s->remove_engine(1);
    CHECK(view.apply_sync(engine_id) == 3);
  }

  TEST_CASE("a restriction to engines that are all gone names one of them") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view("3");
    s->remove_engine(3);
    CHECK_THROWS_AS((void)view.apply_async(engine_id), engine_lost);
  }

  TEST_CASE("what is called while there is no engine runs when one comes") {
    const auto s = cluster(0);
    const auto view = client_of(s).load_balanced_view();
    const auto one = view.apply_async(engine_id);
    const auto many = view.map_async(power10, std::views::iota(0, 3));
    CHECK_FALSE(one.ready());
    s->add_engine(5);
    s->run();
    CHECK(one.get() == 5);
    CHECK(many.get() == std::vector{0.0, 1.0, 1024.0});
  }

  TEST_CASE("a map is cut into parts that shrink, by what elements took before") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    const auto all_of_them = view.map_sync<long>("identity", std::views::iota(0, 3200));
    CHECK(std::accumulate(all_of_them.begin(), all_of_them.end(), 0L) == 5118400);
    const auto first = s->seen.size();
    CHECK(first > 200);
    CHECK(first < 1000);
    s->seen.clear();
    // The fake's tasks take 10 ms each, however few elements they have: these seem to be long.
    CHECK(view.map_sync<long>("identity", std::views::iota(0, 3200)).size() == 3200);
    CHECK(s->seen.size() == 3200);
    s->seen.clear();
    CHECK(view.map_sync(power10, std::views::iota(0, 3)).size() == 3);
    CHECK(s->seen.size() == 3);
  }

  TEST_CASE("or as the caller says") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    CHECK(view.map_sync(power10, std::views::iota(0, 7), {.chunksize = 3}).size() == 7);
    CHECK(s->seen.size() == 3);
    s->seen.clear();
    const auto four = view.with({.chunksize = 4});
    CHECK(four.map_sync<long>("add", std::views::iota(0, 9), std::views::iota(1, 10)).back() == 17);
    CHECK(s->seen.size() == 3);
    s->seen.clear();
    CHECK(view.map_sync<double>("power10", std::vector<double>{}, {.chunksize = 3}).empty());
    CHECK(s->seen.empty());
  }

  TEST_CASE("a blocking view waits in apply and map") {
    auto view = client_of(cluster()).load_balanced_view();
    view.set_block(true);
    CHECK_THROWS_AS((void)view.apply<long>("refuse_odd", 1), remote_error);
    CHECK_THROWS_AS((void)view.map<long>("refuse_odd", std::vector{1}, {.chunksize = 1}), remote_error);
    CHECK(view.apply(engine_id).ready());
  }

  TEST_CASE("calls are checked before anything is sent") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    CHECK_THROWS_AS((void)view.apply_async<int>("engine_ids"), unknown_job);
    CHECK_THROWS_AS((void)view.apply_async<int>("engine_id", 1), signature_mismatch);
    CHECK_THROWS_AS((void)view.apply_async<int>("engine_id", arguments{{1}}), signature_mismatch);
    CHECK(s->seen.empty());
  }
}
