#include "runtime/process/processors.hpp"

#include <doctest/doctest.h>

#include <sched.h>

TEST_CASE("a process that may use one processor counts one, however many the machine has") {
  cpu_set_t before, one;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(pactor::process::usable_processors() == static_cast<unsigned>(CPU_COUNT(&before)));
  int core = 0;
  while (!CPU_ISSET(core, &before)) ++core;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(pactor::process::usable_processors() == 1);
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}
