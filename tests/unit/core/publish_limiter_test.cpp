#include "runtime/core/publish_limiter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

struct fixture {
  static constexpr publish_limiter::limits small{.burst = 100, .per_second = 50, .kept = 1000, .each = 10};
  publish_limiter limiter{small};
  publish_limiter::time_point now{};
  std::vector<std::pair<std::string, std::string>> sent;

  auto sender() {
    return [this](std::string_view name, std::string_view value) { sent.emplace_back(name, value); };
  }
  bool add(std::string_view name, const std::string& value) { return limiter.add(name, value, now, sender()); }
  void pass(std::chrono::milliseconds span) {
    now += span;
    limiter.release(now, sender());
  }
  auto take() { return std::exchange(sent, {}); }
};

using list = std::vector<std::pair<std::string, std::string>>;

} // namespace

TEST_CASE_FIXTURE(fixture, "a few values go at once, then the latest of each name as time allows") {
  CHECK(add("a", std::string(39, '1'))); // 50 each
  CHECK(add("a", std::string(39, '2')));
  CHECK(take().size() == 2);
  for (int i = 0; i < 100; ++i) {
    CHECK(add("a", "a" + std::to_string(i) + std::string(30, ' ')));
    CHECK(add("b", "b" + std::to_string(i) + std::string(30, ' ')));
  }
  CHECK(take().empty());
  CHECK(limiter.waiting() == 2);
  pass(500ms);
  CHECK(take().empty());
  pass(500ms);
  CHECK(take() == list{{"a", "a99" + std::string(30, ' ')}}); // who waited longest
  CHECK(add("a", "later"));
  pass(900ms);
  CHECK(take() == list{{"b", "b99" + std::string(30, ' ')}});
  pass(10'000ms);
  CHECK(take() == list{{"a", "later"}});
  CHECK(limiter.waiting() == 0);
}

TEST_CASE_FIXTURE(fixture, "at the end the last value of each name goes, and the next task starts afresh") {
  for (int i = 0; i < 50; ++i) {
    CHECK(add("a", std::to_string(i)));
    CHECK(add("b", std::to_string(i)));
  }
  take();
  limiter.finish(now, sender());
  const auto last = take();
  CHECK(last == list{{"a", "49"}, {"b", "49"}});
  CHECK(add("a", std::string(80, 'x')));
  CHECK(take().size() == 1);
}

TEST_CASE_FIXTURE(fixture, "more than a task may have published is refused, and changes nothing") {
  CHECK_FALSE(add("a", std::string(1000, 'x')));
  CHECK(add("a", std::string(500, 'x')));
  CHECK_FALSE(add("b", std::string(500, 'x')));
  CHECK(add("a", "small")); // replaces the large one, which makes room
  CHECK(add("b", std::string(500, 'y')));
  limiter.finish(now, sender());
  CHECK(take().back() == std::pair{std::string{"b"}, std::string(500, 'y')});
  CHECK(add("c", std::string(900, 'z'))); // another task
}

TEST_CASE_FIXTURE(fixture, "a value larger than the burst goes once there is nothing left to save up for") {
  CHECK(add("a", std::string(400, 'x')));
  CHECK(take().size() == 1); // the burst was whole
  CHECK(add("a", std::string(400, 'y')));
  pass(1'900ms);
  CHECK(take().empty());
  pass(200ms);
  CHECK(take().size() == 1);
}
