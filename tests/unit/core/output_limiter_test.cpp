#include "runtime/core/output_limiter.hpp"
#include "runtime/core/pace.hpp"
#include "runtime/core/rate_limit.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

/// What went on, with `<n>` where n bytes were left out.
struct sink {
  output_limiter limiter{{.burst = 10, .per_second = 1'000, .held = 8}};
  output_limiter::time_point now{};
  std::string got{};

  auto send() {
    return [this](std::uint64_t omitted, std::string_view text) {
      if (omitted > 0) got += "<" + std::to_string(omitted) + ">";
      got += text;
    };
  }
  void add(std::string_view text) { limiter.add(text, now, send()); }
  void after(std::chrono::milliseconds d) { limiter.release(now += d, send()); }
  void finish() { limiter.finish(send()); }
};

} // namespace

TEST_CASE("a short output goes on at once, whole") {
  sink s;
  s.limiter.restart(s.now);
  s.add("12345");
  CHECK(s.got == "12345");
  s.add("6789");
  s.finish();
  CHECK(s.got == "123456789");
}

TEST_CASE("of a long output the first and the last part go on, and what is left out between them is told") {
  sink s;
  s.limiter.restart(s.now);
  s.add("0123456789abcdefghijklmnop");
  CHECK(s.got == "0123456789");
  CHECK(s.limiter.waiting() == 8);
  s.finish();
  CHECK(s.got == "0123456789<8>ijklmnop");
  CHECK(s.limiter.waiting() == 0);
}

TEST_CASE("in small portions as in large ones") {
  sink s;
  s.limiter.restart(s.now);
  for (char c = '0'; c <= '9'; ++c) s.add(std::string(1, c));
  for (char c = 'a'; c <= 'z'; ++c) {
    s.add(std::string(1, c));
    CHECK(s.limiter.waiting() <= 8);
  }
  s.finish();
  CHECK(s.got == "0123456789<18>stuvwxyz");
}

TEST_CASE("what waits goes on with time, and a slow output is never cut") {
  sink s;
  s.limiter.restart(s.now);
  s.add("0123456789ab");
  CHECK(s.got == "0123456789");
  s.after(1ms);
  CHECK(s.got == "0123456789"); // credit of one byte: not worth a gap
  s.after(1ms);
  CHECK(s.got == "0123456789ab");
  std::string all = s.got;
  for (int i = 0; i < 1'000; ++i) {
    s.now += 2ms;
    s.add("xy");
    all += "xy";
  }
  CHECK(s.got == all);
}

TEST_CASE("a new task starts anew") {
  sink s;
  s.limiter.restart(s.now);
  s.add("0123456789abcdefghijklmnop");
  s.limiter.restart(s.now);
  s.got.clear();
  s.add("0123456789");
  s.finish();
  CHECK(s.got == "0123456789");
}

TEST_CASE("of what comes too often some is told, and how much was not") {
  rate_limit most{2, 10};
  rate_limit::time_point now{1h};
  CHECK(most.pass(now) == 0);
  CHECK(most.pass(now) == 0);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(most.pass(now));
  now += 100ms;
  CHECK(most.pass(now) == 5);
  CHECK_FALSE(most.pass(now));
  now += 1h;
  CHECK(most.pass(now) == 1);
  CHECK(most.pass(now) == 0);
  CHECK_FALSE(most.pass(now));
}

TEST_CASE("the time that another process says a task took is a time") {
  constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
  CHECK(run_time(1'000, 3'500) == 2'500ns);
  CHECK(run_time(3'500, 1'000) == 0ns);
  CHECK(run_time(most, least) == 0ns);
  CHECK(run_time(least, most) == 720h);
  CHECK(run_time(-5, 5) == 10ns);
}
