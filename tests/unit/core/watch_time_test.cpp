#include "runtime/core/watch_time.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using pactor::core::watch_time;

TEST_CASE("tasks that come back soon are watched for, longer ones are not, until they are short again") {
  watch_time w{2};
  CHECK(w.worth() == watch_time::most);
  for (int i = 0; i < 10; ++i) w.took(100us);
  CHECK(w.worth() == watch_time::most);
  w.took(1s);
  CHECK(w.worth() == 0ns);
  for (int i = 0; i < 3; ++i) w.took(100us);
  CHECK(w.worth() == watch_time::most);
  for (int i = 0; i < 10; ++i) w.took(watch_time::most + 100us);
  CHECK(w.worth() == 0ns);
}

TEST_CASE("one long task in between, or a clock that went back, does not stop the watching for long") {
  watch_time w{2};
  for (int i = 0; i < 10; ++i) w.took(std::chrono::hours{24 * 365});
  CHECK(w.worth() == 0ns);
  for (int i = 0; i < 4; ++i) w.took(-5s);
  CHECK(w.worth() == watch_time::most);
}

TEST_CASE("nobody watches on the only processor: what is waited for needs it") {
  watch_time w{1};
  CHECK(w.worth() == 0ns);
}
