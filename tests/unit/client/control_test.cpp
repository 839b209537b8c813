// Tasks and engines that are to end, as the client's user asks for it.

#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace pactor;
using namespace pactor::test;

TEST_CASE("abort and cancel name the tasks that have not ended") {
  const auto s = std::make_shared<fake_session>(3);
  s->add_job("nop", "void()", [](fake_engine&, std::span<const value>) { return value{}; });
  const auto c = client_of(s);
  s->hold();
  const auto r = c[all].apply_async<void>("nop");
  s->run(1);
  r.abort();
  REQUIRE(s->ended.size() == 1);
  CHECK(s->ended[0].client == 0);
  CHECK(s->ended[0].ids == std::vector{r.ids()[0], r.ids()[2]});
  CHECK(s->ended[0].how == end_how::abort);
  r.cancel(end_how::kill);
  CHECK(s->ended[1].how == end_how::kill);
  s->run();
  CHECK_THROWS_WITH_AS(r.abort(), "nothing to abort: nop is done", error);
  CHECK(c.cancel({"7.1", "8.2.5"}) == 2);
  CHECK(s->ended[2].client == 7);
  CHECK(s->ended[3].ids == std::vector{std::uint64_t{5} << 32 | 2});
}

TEST_CASE("tasks have names that can be typed") {
  CHECK(to_string(task_id{3, 17}) == "3.17");
  CHECK(to_string(task_id{3, std::uint64_t{2} << 32 | 17}) == "3.17.2");
  for (const auto* text : {"3.17", "3.17.2", "4294967295.0"}) CHECK(to_string(parse_task_id(text)) == text);
  for (const auto* text : {"", "3", "3.", ".3", "3.17.2.1", "3.17 ", "x", "-1.2", "3..1", "99999999999.1"})
    CHECK_THROWS_AS((void)parse_task_id(text), error);
}

TEST_CASE("options of tasks travel with the view's calls") {
  const auto s = std::make_shared<fake_session>(2);
  s->add_job("nop", "void()", [](fake_engine&, std::span<const value>) { return value{}; });
  const auto c = client_of(s);
  using namespace std::chrono_literals;
  (void)c[0].apply_async<void>("nop");
  (void)c[0].with({.run_limit = 5s}).apply_async<void>("nop");
  (void)c.load_balanced_view().with({.chunksize = 2}).with({.run_limit = 2s, .label = "x"}).apply_async<void>("nop");
  REQUIRE(s->seen.size() == 3);
  CHECK(!s->seen[0].options);
  CHECK(s->seen[1].options->run_limit == 5s);
  CHECK(s->seen[2].options->label == "x");
}

TEST_CASE("engines are restarted, ended and sent signals by any form of targets") {
  const auto s = std::make_shared<fake_session>(4);
  const auto c = client_of(s);
  c.restart();
  c.shutdown("::2");
  c[1].signal(2);
  REQUIRE(s->orders.size() == 3);
  CHECK(s->orders[0].what == engine_order::restart);
  CHECK(s->orders[0].engines == std::vector{0, 1, 2, 3});
  CHECK(s->orders[1].engines == std::vector{0, 2});
  CHECK(s->orders[2].signal == 2);
  CHECK_THROWS_AS(c.signal(0), error);
  c.shutdown();
  CHECK(!c.connected());
}

TEST_CASE("results of other clients are asked for by name") {
  const auto s = std::make_shared<fake_session>(1);
  const auto c = client_of(s);
  CHECK(c.get_result<int>("3.17").get() == 42);
  CHECK(s->fetched.at(0) == std::pair<std::uint32_t, std::uint64_t>{3, 17});
  CHECK_THROWS_AS((void)c.get_result("seventeen"), error);
}

TEST_CASE("options that make no sense are refused in words when they are given") {
  const auto s = std::make_shared<fake_session>(2);
  const auto c = client_of(s);
  const auto lview = c.load_balanced_view();
  const auto refusal = [&](const task_options& o, const auto& view) -> std::string {
    try {
      (void)view.with(o);
    } catch (const error& e) {
      CHECK(e.code() == ec::invalid_argument);
      return e.what();
    }
    return "";
  };
  using namespace std::chrono_literals;
  CHECK(refusal({.run_limit = -1s}, lview) == "run_limit must be 0 or more");
  CHECK(refusal({.timeout = seconds{std::nan("")}}, lview) == "timeout must be 0 or more");
  CHECK(refusal({.timeout = no_limit}, lview).empty());
  CHECK(refusal({.priority = 101}, lview).find("-100 to 100") != std::string::npos);
  CHECK(refusal({.retries = 4'294'967'295U}, lview).find("1,000,000") != std::string::npos);
  CHECK(refusal({.label = std::string(201, 'x')}, lview).find("label") != std::string::npos);
  CHECK(refusal({.retries = 5, .timeout = 1s, .priority = -100, .idempotent = false}, lview).empty());

  const auto parent = c[0].apply_async("engine_id");
  for (const auto& o : {task_options{.retries = 1}, task_options{.timeout = 1s}, task_options{.priority = 1},
                        task_options{.after = {parent}}, task_options{.follow = {parent}}})
    CHECK(refusal(o, c[0]).find("is for load-balanced views") != std::string::npos);
  CHECK(refusal({.idempotent = false}, c[0]).empty());
}

TEST_CASE("a task depends on results of its own client only, of whichever view") {
  const auto s = std::make_shared<fake_session>(2), other = std::make_shared<fake_session>(2);
  const auto c = client_of(s);
  const auto lview = c.load_balanced_view();
  const auto direct = c[0].apply_async("engine_id");
  const auto balanced = lview.apply_async("engine_id");
  (void)lview.with({.after = {direct, balanced}, .follow = {{balanced}, {.all = false, .failure = true}}})
      .apply_async("engine_id");
  const auto& o = s->seen.back().options;
  REQUIRE(o);
  CHECK(o->after.calls().size() == 2);
  CHECK(o->follow.when() == dependency::condition{false, true, true});
  const auto foreign = client_of(other)[0].apply_async("engine_id");
  CHECK_THROWS_AS((void)lview.with({.after = {direct, foreign}}), invalid_dependency);
  CHECK_THROWS_AS((dependency{{direct}, {.success = false}}), error);
}

TEST_CASE("each failure that a task of a load-balanced view can end with is an exception of its own") {
  const auto thrown = [](ec code) {
    failure f;
    f.code = code;
    f.what = "why";
    try {
      raise(f);
    } catch (const unmet_dependency&) {
      return ec::unmet_dependency;
    } catch (const impossible_dependency&) {
      return ec::impossible_dependency;
    } catch (const invalid_dependency&) {
      return ec::invalid_dependency;
    } catch (const task_timeout&) {
      return ec::task_timeout;
    } catch (const would_block&) {
      return ec::would_block;
    } catch (const error&) {
      return ec::system;
    }
  };
  for (const auto code :
       {ec::unmet_dependency, ec::impossible_dependency, ec::invalid_dependency, ec::task_timeout, ec::would_block})
    CHECK(thrown(code) == code);
  CHECK(unmet_dependency{"no GPU"}.code() == ec::unmet_dependency);
}
