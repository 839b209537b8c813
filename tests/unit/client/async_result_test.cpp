#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <ranges>
#include <sstream>
#include <thread>

using namespace pactor;
using namespace std::chrono_literals;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

std::string text(const auto& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

failure lost(int engine) {
  failure f;
  f.code = ec::engine_lost;
  f.what = "engine " + std::to_string(engine) + " was killed by signal 9";
  f.engine = engine;
  f.signal = 9;
  return f;
}

} // namespace

TEST_SUITE("async_result") {
  TEST_CASE("it is pending, then finished or failed, and says so") {
    const auto s = std::make_shared<fake_session>(2);
    s->hold();
    const auto view = client_of(s)[all];
    const auto good = view.apply_async<int>("engine_id");
    const auto bad = view.apply_async<int>("refuse_on_engine_1");
    CHECK(text(good) == "<async_result(engine_id): pending>");
    CHECK_FALSE(good.ready());
    CHECK_FALSE(good.wait(1ms));
    CHECK_THROWS_AS((void)good.successful(), error);
    CHECK_THROWS_WITH_AS(good.get(1ms), "result not ready: engine_id, 0 of 2 tasks done", timeout_error);
    s->run();
    CHECK(text(good) == "<async_result(engine_id): finished>");
    CHECK(good.wait(0s));
    CHECK(good.successful());
    CHECK(good.get(0s) == std::vector{0, 1});
    CHECK(text(bad) == "<async_result(refuse_on_engine_1): failed>");
    CHECK_FALSE(bad.successful());
  }

  TEST_CASE("results may be got again and again, and so are errors") {
    const auto s = std::make_shared<fake_session>(2);
    const auto c = client_of(s);
    const auto good = c[all].apply_async<int>("engine_id");
    CHECK(good.get() == good.get());
    const auto bad = c[1].apply_async<int>("refuse_on_engine_1");
    for (int i = 0; i < 2; ++i) {
      CHECK_THROWS_AS(bad.get(), remote_error);
      CHECK_THROWS_AS(bad.get_dict(), remote_error);
      CHECK_THROWS_AS(bad.check(), remote_error);
    }
  }

  TEST_CASE("one failure is raised as itself, with everything that is known of it") {
    const auto s = std::make_shared<fake_session>(4);
    const auto r = client_of(s)[all].apply_async<int>("refuse_on_engine_1");
    try {
      r.get();
      FAIL("must throw");
    } catch (const remote_error& e) {
      CHECK(e.info().engine == 1);
      CHECK(e.info().type == "std::runtime_error");
      CHECK(e.info().what == "not here");
      CHECK(e.info().job == "refuse_on_engine_1");
      CHECK(std::string{e.what()} == "[engine 1 on fake: refuse_on_engine_1] std::runtime_error: not here");
    }
  }

  TEST_CASE("several failures are raised together, each engine's kept apart") {
    const auto s = std::make_shared<fake_session>(3);
    s->hold();
    const auto r = client_of(s)[all].apply_async<int>("engine_id");
    s->fail(2, lost(2));
    s->fail(0, lost(0));
    s->run();
    try {
      r.get();
      FAIL("must throw");
    } catch (const composite_error& e) {
      REQUIRE(e.failures().size() == 2);
      CHECK(e.failures()[0].engine == 0);
      CHECK(e.failures()[1].engine == 2);
      CHECK(e.failures()[1].signal == 9);
    }
  }

  TEST_CASE("an engine's death is raised as engine_lost") {
    const auto s = std::make_shared<fake_session>(3);
    s->hold();
    const auto r = client_of(s)[2].apply_async<int>("engine_id");
    s->fail(0, lost(2));
    CHECK_THROWS_AS(r.get(), engine_lost);
  }

  TEST_CASE("results beside failures stay") {
    const auto s = std::make_shared<fake_session>(3);
    const auto each = client_of(s)[all].apply_async<int>("refuse_on_engine_1").get_or_errors();
    REQUIRE(each.size() == 3);
    CHECK(each[0].value() == 0);
    CHECK_FALSE(each[1]);
    CHECK(each[1].error().what == "not here");
    CHECK_THROWS_AS((void)each[1].value(), remote_error);
    CHECK(each[2].value() == 2);
  }

  TEST_CASE("a dictionary has one result an engine") {
    const auto s = std::make_shared<fake_session>(3);
    const auto c = client_of(s);
    CHECK(c[{2, 0}].apply_async<int>("engine_id").get_dict() == std::map<int, int>{{0, 0}, {2, 2}});
    CHECK(c[1].apply_async<int>("engine_id").get_dict() == std::map<int, int>{{1, 1}});
    const auto parts = c[all].map_async<double>("power10", std::vector{0.0, 1.0, 2.0, 1.0}).get_dict();
    CHECK(parts == std::map<int, std::vector<double>>{{0, {0, 1}}, {1, {1024}}, {2, {1}}});
  }

  TEST_CASE("there is no dictionary when an engine ran several of the tasks") {
    const auto s = std::make_shared<fake_session>(1);
    const auto r =
        client_of(s).load_balanced_view().map_async<int>("identity", std::views::iota(0, 3), {.chunksize = 1});
    CHECK_THROWS_WITH_AS(r.get_dict(), "no dictionary by engine: 3 tasks of identity ran on engine 0", error);
  }

  TEST_CASE("a result of another type is a signature_mismatch that names both") {
    const auto s = std::make_shared<fake_session>(2);
    const auto r = client_of(s)[0].apply_async<std::string>("power10", 2.0);
    try {
      r.get();
      FAIL("must throw");
    } catch (const signature_mismatch& e) {
      const std::string what = e.what();
      CHECK(what.find("double(double)") != std::string::npos);
      CHECK(what.find("string") != std::string::npos);
    }
    CHECK_THROWS_AS(client_of(s)[all].map_sync<std::string>("power10", std::vector{2.0}), signature_mismatch);
  }

  TEST_CASE("void jobs have nothing to return, but errors to raise") {
    const auto s = std::make_shared<fake_session>(2);
    const auto c = client_of(s);
    c[all].apply_sync<void>("nothing");
    c.load_balanced_view().apply_sync<void>("nothing");
    CHECK_THROWS_AS(c[all].apply_sync<void>("refuse_on_engine_1"), remote_error);
    const auto each = c[all].apply_async<void>("refuse_on_engine_1").get_or_errors();
    CHECK(each.at(0).has_value());
    CHECK_FALSE(each.at(1).has_value());
    CHECK_THROWS_AS(c[all].map_sync<void>("refuse_odd", std::vector{0, 1}), remote_error);
    c[all].map_sync<void>("refuse_odd", std::vector{0, 2, 4});
  }

  TEST_CASE("tasks tell who ran them and when") {
    const auto s = std::make_shared<fake_session>(2);
    s->hold();
    const auto r = client_of(s)[{1, 0}].apply_async<int>("refuse_on_engine_1");
    CHECK(r.engine_ids() == std::vector{-1, -1});
    s->run(0);
    const auto tasks = r.tasks();
    REQUIRE(tasks.size() == 2);
    CHECK(tasks[0].engine == 1);
    CHECK(tasks[0].state == task_info::state_type::failed);
    CHECK(tasks[0].submitted <= tasks[0].started);
    CHECK(tasks[0].started < tasks[0].completed);
    CHECK(tasks[0].completed < tasks[0].received);
    CHECK(tasks[1].state == task_info::state_type::pending);
    CHECK(tasks[0].id != tasks[1].id);
    CHECK(r.ids() == std::vector{tasks[0].id, tasks[1].id});
    CHECK(r.id() == tasks[0].id);
    s->run();
    CHECK(r.engine_ids() == std::vector{1, 0});
  }

  TEST_CASE("times add up, once everything is there") {
    const auto s = std::make_shared<fake_session>(2);
    s->hold();
    const auto r = client_of(s)[all].apply_async<int>("engine_id");
    CHECK_THROWS_AS((void)r.wall_time(), timeout_error);
    CHECK_THROWS_AS((void)r.serial_time(), timeout_error);
    CHECK(r.elapsed() >= 0s);
    s->run();
    CHECK(r.serial_time() == seconds{0.02}); // the fake's jobs take 10 ms each
    CHECK(r.wall_time() >= 20ms);
    CHECK(r.elapsed() == r.wall_time());
  }

  TEST_CASE("progress counts engines of an apply and elements of a map") {
    const auto s = std::make_shared<fake_session>(2);
    s->hold();
    const auto c = client_of(s);
    const auto apply = c[all].apply_async<int>("engine_id");
    const auto map = c[all].map_async<double>("power10", std::views::iota(0, 7));
    CHECK(apply.size() == 2);
    CHECK(map.size() == 7);
    CHECK(map.progress() == 0);
    s->run(0);
    s->run(1);
    CHECK(apply.progress() == 1);
    CHECK(map.progress() == 4);
    s->run();
    CHECK(apply.progress() == 2);
    CHECK(map.progress() == 7);
  }

  TEST_CASE("results come in one by one, in order of submission") {
    const auto s = std::make_shared<fake_session>(3);
    s->hold();
    const auto r = client_of(s)[all].map_async<int>("identity", std::views::iota(0, 6));
    std::thread cluster{[&] {
      s->run(2);
      s->run(0);
      s->run();
    }};
    std::vector<int> got;
    for (const auto x : r) got.push_back(x);
    cluster.join();
    CHECK(got == std::vector{0, 1, 2, 3, 4, 5});
  }

  TEST_CASE("results come in as they arrive when order does not matter") {
    const auto s = std::make_shared<fake_session>(3);
    s->hold();
    const auto view = client_of(s).load_balanced_view();
    const auto r = view.map_async<int>("identity", std::views::iota(0, 6), {.chunksize = 2, .ordered = false});
    s->run(2);
    s->run(0);
    s->run();
    std::vector<int> got;
    for (const auto x : r) got.push_back(x);
    CHECK(got == std::vector{4, 5, 0, 1, 2, 3});
    CHECK(r.get() == std::vector{0, 1, 2, 3, 4, 5});
  }

  TEST_CASE("a failure is raised where it stands, and the walk may go on behind it") {
    const auto s = std::make_shared<fake_session>(1);
    const auto r = client_of(s)[all].map_async<int>("refuse_odd", std::views::iota(0, 3));
    auto i = r.begin();
    CHECK(*i == 0);
    ++i;
    CHECK_THROWS_AS((void)*i, remote_error);
    ++i;
    CHECK(*i == 2);
    ++i;
    CHECK(i == r.end());
  }

  TEST_CASE("it outlives client and view, and another thread may wait for it") {
    const auto s = std::make_shared<fake_session>(2);
    s->hold();
    const auto r = client_of(s)[all].apply_async<int>("engine_id");
    std::thread cluster{[&] { s->run(); }};
    CHECK(r.get() == std::vector{0, 1});
    cluster.join();
  }
}
