// Callbacks for what tasks publish and display while they run.

#include "pactor/codec.hpp"
#include "runtime/wire/sayings.hpp"
#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace pactor;
using namespace pactor::detail;
using namespace std::chrono_literals;
using test::client_of;
using test::fake_session;

namespace {

/// A session with one call that waits, and what its tasks say.
struct news_fixture {
  std::shared_ptr<fake_session> session = std::make_shared<fake_session>(2);
  std::shared_ptr<output_budget> budget = std::make_shared<output_budget>(0);
  news_fixture() {
    session->add_job("work", "int()", [](auto&, auto) { return value{1}; });
    session->hold();
  }
  auto start() { return client_of(session)[all].apply_async<int>("work"); }
  void say(wire::record_kind kind, const bytes& payload, std::size_t task, std::uint32_t losses) {
    utterance u;
    u.kind = static_cast<std::uint16_t>(kind);
    u.engine = static_cast<int>(task) + 10;
    u.losses = losses;
    u.payload = payload;
    session->waiting.at(0).tasks->hear(task, u, budget);
  }
  void publish(const std::string& name, int v, std::size_t task = 0, std::uint32_t losses = 0) {
    const auto encoded = encode(v);
    say(wire::record_kind::published, wire::write_published(name, {encoded.data(), encoded.size()}), task, losses);
  }
  void display(std::uint32_t item, std::uint64_t size, std::uint64_t offset, std::string_view part) {
    wire::displayed_head h;
    h.item = item;
    h.size = size;
    h.offset = offset;
    const std::string name = "plot", type = "image/png";
    if (offset == 0) {
      h.name = static_cast<std::uint32_t>(name.size());
      h.media_type = static_cast<std::uint32_t>(type.size());
    }
    say(wire::record_kind::displayed, wire::write_displayed(h, name, type, part), 0, 0);
  }
  /// Returns when everything that was posted to the callback thread has run.
  void settle_callbacks() const {
    std::promise<void> ran;
    session->callbacks()->post([&] { ran.set_value(); });
    ran.get_future().get();
  }
};

std::string shown_as(const published_value& v) {
  return std::to_string(v.task) + ":" + std::to_string(v.engine) + " " + v.name + "=" +
         std::to_string(v.value.as<int>());
}

} // namespace

TEST_SUITE("news") {
  TEST_CASE_FIXTURE(news_fixture, "each published value is told while the task runs, in the callback thread") {
    const auto r = start();
    publish("early", 1);
    std::vector<std::string> told;
    std::thread::id where;
    auto done = r.on_published([&](const published_value& v) {
      told.push_back(shown_as(v));
      where = std::this_thread::get_id();
    });
    settle_callbacks();
    CHECK(told == std::vector<std::string>{"0:10 early=1"});
    CHECK(where != std::this_thread::get_id());
    publish("step", 2);
    settle_callbacks();
    publish("step", 3, 1);
    settle_callbacks();
    CHECK(told == std::vector<std::string>{"0:10 early=1", "0:10 step=2", "1:11 step=3"});
    CHECK(done.wait_for(0s) == std::future_status::timeout);
    publish("last", 4);
    session->run();
    done.get();
    CHECK(told.back() == "0:10 last=4");
  }

  TEST_CASE_FIXTURE(news_fixture, "who is slow gets the latest value of each name, in the order that they came first") {
    const auto r = start();
    std::vector<std::string> told;
    std::promise<void> in, out;
    bool first = true;
    auto done = r.on_published([&](const published_value& v) {
      told.push_back(shown_as(v));
      if (!std::exchange(first, false)) return;
      in.set_value();
      out.get_future().get();
    });
    publish("z", 0);
    in.get_future().get(); // it is in the callback now
    for (int i = 1; i <= 100; ++i) publish("z", i);
    publish("a", 1);
    publish("z", 101);
    out.set_value();
    session->run();
    done.get();
    CHECK(told == std::vector<std::string>{"0:10 z=0", "0:10 z=101", "0:10 a=1"});
  }

  TEST_CASE_FIXTURE(news_fixture, "values of a run that was lost are not told when another has begun") {
    const auto r = start();
    std::vector<std::string> told;
    std::promise<void> in, out;
    auto occupied = in.get_future();
    session->callbacks()->post([&, go = out.get_future().share()] {
      in.set_value();
      go.get();
    });
    occupied.get();
    auto done = r.on_published([&](const published_value& v) { told.push_back(shown_as(v)); });
    publish("old", 1);
    publish("new", 2, 0, 1);
    out.set_value();
    session->run();
    done.get();
    CHECK(told == std::vector<std::string>{"0:10 new=2"});
  }

  TEST_CASE_FIXTURE(news_fixture, "each item is told once, when it is whole") {
    const auto r = start();
    display(0, 2, 0, "ab");
    std::vector<std::string> told;
    auto done = r.on_displayed([&](const displayed_item& i) { told.push_back(i.name + " " + i.data); });
    display(1, 4, 0, "cd");
    settle_callbacks();
    CHECK(told == std::vector<std::string>{"plot ab"});
    display(1, 4, 2, "ef");
    display(2, 9, 0, "never whole");
    publish("no", 1);
    session->run();
    done.get();
    CHECK(told == std::vector<std::string>{"plot ab", "plot cdef"});
  }

  TEST_CASE_FIXTURE(news_fixture, "what a callback throws comes with the future, and it is not called any more") {
    const auto r = start();
    int calls = 0;
    auto done = r.on_published([&](const published_value&) {
      ++calls;
      throw std::out_of_range{"mine"};
    });
    publish("a", 1);
    CHECK_THROWS_AS(done.get(), std::out_of_range);
    publish("a", 2);
    session->run();
    settle_callbacks();
    CHECK(calls == 1);
  }

  TEST_CASE_FIXTURE(news_fixture, "of a call that has ended everything is told at once, and nothing is kept alive") {
    auto told = std::make_shared<int>(0);
    std::weak_ptr<fake_session> watched = session;
    {
      const auto r = start();
      publish("a", 1);
      publish("b", 2, 1);
      session->run();
      r.on_published([told, r](const published_value&) { ++*told; }).get();
    }
    CHECK(*told == 2);
    settle_callbacks();
    session.reset();
    while (!watched.expired()) std::this_thread::yield();
    CHECK(told.use_count() == 1);
  }
}
