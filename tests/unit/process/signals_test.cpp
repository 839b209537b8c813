#include "runtime/process/signals.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/resource.h>

using namespace pactor;

TEST_CASE("signals that ask for an end arrive at the descriptor, and die with nothing") {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    process::shutdown_signals signals;
    CHECK_FALSE(signals.take());
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      ::raise(number);
      pollfd entry{.fd = signals.fd(), .events = POLLIN, .revents = 0};
      REQUIRE(::poll(&entry, 1, 20'000) == 1);
      CHECK(signals.take() == number);
    }
    CHECK_FALSE(signals.take());
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) CHECK(sigismember(&before, number) == sigismember(&after, number));
}

TEST_CASE("the limit of descriptors is raised to what is allowed") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto low = before;
  low.rlim_cur = 256;
  ::setrlimit(RLIMIT_NOFILE, &low);
  process::raise_descriptor_limit();
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  CHECK(now.rlim_cur == before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}
