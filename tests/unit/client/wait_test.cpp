#include "actors/client/progress.hpp"
#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <coroutine>
#include <latch>
#include <sstream>
#include <thread>

using namespace pactor;
using namespace std::chrono_literals;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

using places = std::vector<std::size_t>;

std::shared_ptr<fake_session> held(int engines = 2) {
  auto s = std::make_shared<fake_session>(engines);
  s->hold();
  return s;
}

/// A coroutine that nobody waits for.
struct fire_and_forget {
  struct promise_type {
    fire_and_forget get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

fire_and_forget sum_up(const direct_view view, std::promise<int>& sum) {
  try {
    int total = 0;
    for (const auto id : co_await view.apply_async<int>("engine_id")) total += id;
    for (const auto id : co_await view.apply_async<int>("engine_id")) total += 10 * id;
    co_await view.apply_async<void>("nothing");
    sum.set_value(total);
  } catch (...) {
    sum.set_exception(std::current_exception());
  }
}
fire_and_forget fail(const engine_view view, std::promise<int>& result) {
  try {
    result.set_value(co_await view.apply_async<int>("refuse_on_engine_1"));
  } catch (...) {
    result.set_exception(std::current_exception());
  }
}

} // namespace

TEST_SUITE("waiting") {
  TEST_CASE("several results are waited for together") {
    const auto s = held();
    const auto view = client_of(s)[all];
    const auto a = view.apply_async<int>("engine_id");
    const auto b = client_of(s).load_balanced_view().map_async<double>("power10", std::vector{1.0, 2.0});
    auto found = wait({a, b}, return_when::all_completed, 0s);
    CHECK(found.done.empty());
    CHECK(found.pending == places{0, 1});
    std::thread engine{[&] { s->run(); }};
    found = wait({a, b});
    engine.join();
    CHECK(found.done == places{0, 1});
    CHECK(wait(std::vector{a, a}).pending.empty());
    CHECK(wait(std::vector<async_result<int>>{}).pending.empty());
  }

  TEST_CASE("the first one that is there ends the wait, if that is wanted") {
    const auto s = held();
    const auto c = client_of(s);
    std::vector<async_result<int>> all_of_them;
    for (int i = 0; i < 3; ++i) all_of_them.push_back(c[0].apply_async<int>("engine_id"));
    std::thread engine{[&] { s->run(1); }};
    const auto found = wait(all_of_them, return_when::first_completed);
    engine.join();
    CHECK(found.done == places{1});
    CHECK(found.pending == places{0, 2});
    CHECK(wait(all_of_them, return_when::first_exception, 1ms).done == places{1});
    s->run();
  }

  TEST_CASE("so does the first failure, also of a call that goes on elsewhere") {
    const auto s = held(3);
    const auto view = client_of(s)[all];
    const auto good = view.apply_async<int>("engine_id");
    const auto bad = view.apply_async<int>("refuse_on_engine_1");
    CHECK_FALSE(bad.wait(1ms, return_when::first_exception));
    CHECK_FALSE(bad.wait(1ms, return_when::first_completed));
    CHECK_THROWS_AS((void)bad.get(1ms, return_when::first_exception), timeout_error);
    std::thread engine{[&] { s->run(4); }}; // bad on engine 1
    const auto found = wait({good, bad}, return_when::first_exception);
    engine.join();
    CHECK(found.pending == places{0, 1});
    CHECK(bad.failed_so_far());
    CHECK_FALSE(bad.ready());
    CHECK(bad.wait(60s, return_when::first_exception));
    CHECK(bad.wait(60s, return_when::first_completed));
    CHECK_THROWS_AS((void)bad.get(60s, return_when::first_exception), remote_error);
    CHECK_THROWS_AS((void)bad.get(1ms), timeout_error);
    s->run();
    CHECK(good.get(60s, return_when::first_exception) == std::vector{0, 1, 2});
  }

  TEST_CASE("a result is found by its place, as soon as its own task ended") {
    const auto s = held();
    const auto c = client_of(s);
    const auto r = c[all].apply_async<int>("refuse_on_engine_1");
    const auto m = c[all].map_async<double>("power10", std::vector{0.0, 1.0, 2.0});
    const auto odd = c[all].map_async<long>("refuse_odd", std::vector{0, 1, 2, 4});
    s->run(0); // r on engine 0
    CHECK(r[0] == 0);
    CHECK_FALSE(r.ready());
    s->run();
    CHECK_THROWS_AS((void)r[1], remote_error);
    CHECK(m[0] == 0);
    CHECK(m[2] == 1024);
    CHECK(odd[0] == 0);
    CHECK_THROWS_AS((void)odd[1], remote_error);
    CHECK(odd[3] == 4);
    CHECK_THROWS_WITH_AS((void)m[3], "no result 3: there are 3", error);
    CHECK(c.load_balanced_view().apply_async<int>("engine_id").ready() == false);
    s->run();
  }

  TEST_CASE("the state of each task tells engine, host and process") {
    const auto s = std::make_shared<fake_session>(2);
    const auto tasks = client_of(s)[all].apply_async<int>("engine_id").tasks();
    CHECK(tasks.at(1).engine == 1);
    CHECK(tasks.at(1).host == "here");
    CHECK(tasks.at(1).pid == 1001);
    CHECK(tasks.at(1).received >= tasks.at(1).completed);
  }
}

TEST_SUITE("callbacks") {
  TEST_CASE("a callback gets the result in a thread of its own, whether it is there yet or not") {
    const auto s = held();
    const auto view = client_of(s)[all];
    const auto r = view.apply_async<int>("engine_id");
    std::thread::id where;
    auto size = r.then([&](const auto& done) {
      where = std::this_thread::get_id();
      return done.get().size();
    });
    CHECK(size.wait_for(0s) == std::future_status::timeout);
    s->run();
    CHECK(size.get() == 2);
    CHECK(where != std::this_thread::get_id());
    CHECK(r.then([](const auto& done) { return done.ready(); }).get());
    CHECK_THROWS_AS(r.then([](const auto&) { throw std::out_of_range{"mine"}; }).get(), std::out_of_range);
  }

  TEST_CASE("callbacks may make calls, and wait for tasks") {
    const auto view = client_of(std::make_shared<fake_session>(2))[all];
    auto again =
        view.apply_async<int>("engine_id").then([&](const auto&) { return view.apply_sync<int>("engine_id"); });
    CHECK(again.get() == std::vector{0, 1});
  }

  TEST_CASE("a callback may be the last that holds on to the client") {
    auto s = std::make_shared<fake_session>(1);
    s->hold();
    std::weak_ptr<fake_session> watched = s;
    auto later = client_of(s)[0].apply_async<int>("engine_id").then([](const auto& r) { return r.get(); });
    s->run();
    s.reset();
    CHECK(later.get() == 0);
    while (!watched.expired()) std::this_thread::yield();
  }

  TEST_CASE("a result becomes a standard future, with its failure") {
    const auto s = std::make_shared<fake_session>(2);
    const auto c = client_of(s);
    std::future<std::vector<int>> ids = c[all].apply_async<int>("engine_id");
    CHECK(ids.get() == std::vector{0, 1});
    auto bad = c[all].apply_async<int>("refuse_on_engine_1").future();
    CHECK_THROWS_AS(bad.get(), remote_error);
    c[all].apply_async<void>("nothing").future().get();
  }

  TEST_CASE("a coroutine awaits results and failures") {
    const auto s = held();
    const auto c = client_of(s);
    std::promise<int> sum, failed;
    sum_up(c[all], sum);
    fail(c[1], failed);
    auto result = sum.get_future();
    CHECK(result.wait_for(0s) == std::future_status::timeout);
    while (result.wait_for(0s) != std::future_status::ready) {
      s->run();
      std::this_thread::yield();
    }
    CHECK(result.get() == 11);
    CHECK_THROWS_AS(failed.get_future().get(), remote_error);
  }
}

TEST_SUITE("progress") {
  using detail::progress_line;

  TEST_CASE("a line tells part, rate and what is left") {
    CHECK(progress_line({"power10", 0, 32, 0s}) == "power10:   0% [                    ] 0/32");
    CHECK(progress_line({"power10", 8, 32, 2s}) == "power10:  25% [#####               ] 8/32, 4.0/s, 6.0 s left");
    CHECK(progress_line({"power10", 32, 32, 125s}) == "power10: 100% [####################] 32/32, 0.3/s, 2 min 5 s");
    CHECK(progress_line({"f", 999, 1000, 1s, true}) ==
          "f:  99% [################### ] 999/1000, 999/s, 0.0 s left, with failures");
    CHECK(progress_line({"f", 0, 0, 0s}) == "f: 100% [####################] 0/0, 0.0 s");
    CHECK(detail::span_text(3725s) == "1 h 2 min");
  }

  TEST_CASE("lines where there is no terminal, the last one in any case") {
    const auto s = held(4);
    const auto r = client_of(s)[all].apply_async<int>("engine_id");
    std::ostringstream out;
    CHECK_FALSE(r.wait_interactive({.timeout = 0s, .out = &out, .terminal = false}));
    CHECK(out.str().starts_with("engine_id:   0% ["));
    s->run();
    out.str("");
    CHECK(r.wait_interactive({.out = &out, .terminal = false}));
    CHECK(out.str().starts_with("engine_id: 100% [####################] 4/4"));
    CHECK(out.str().find('\r') == std::string::npos);
    CHECK(out.str().ends_with("\n"));
  }

  TEST_CASE("one line that is written anew on a terminal") {
    const auto s = held(4);
    const auto r = client_of(s)[all].apply_async<int>("refuse_on_engine_1");
    s->run(0);
    std::ostringstream out;
    std::thread engine{[&] {
      while (s->held_back() == 0) std::this_thread::yield();
      s->run();
    }};
    CHECK(r.wait_interactive({.interval = 0.01s, .out = &out, .terminal = true}));
    engine.join();
    CHECK(out.str().starts_with("\rrefuse_on_engine_1: "));
    CHECK(out.str().find("4/4") != std::string::npos);
    CHECK(out.str().ends_with("with failures\x1b[K\n"));
  }
}
