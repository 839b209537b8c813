// Jobs that take their worker with them: it ends at once, in the way that tells the engine why.

#include "tests/unit/worker/worker_process.hpp"

#include <csignal>
#include <sys/wait.h>

using namespace pactor;
using test::worker_process;

namespace {

/// The end of a worker by this job; results of earlier tasks still come.
int ends(std::string_view job) {
  worker_process w;
  w.add_call("identity", 1);
  w.send();
  CHECK(w.receive()->result<int>() == 1);
  w.add_call(job);
  w.send();
  CHECK_FALSE(w.receive());
  return w.wait();
}

bool died_of(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

} // namespace

TEST_CASE("a crashed worker shows its signal") {
  CHECK(died_of(ends("segfault"), SIGSEGV));
  CHECK(died_of(ends("stack_overflow"), SIGSEGV));
  CHECK(died_of(ends("abort"), SIGABRT));
}

TEST_CASE("a job's exit is the worker's") {
  const auto status = ends("exit0");
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a worker whose socket a job closed ends instead of spinning") {
  const auto status = ends("close_fds");
  CHECK(WIFEXITED(status));
}

TEST_CASE("what was finished before a crash has been said, if there was time") {
  worker_process w;
  w.add_call("identity", 1);
  w.add_call("spin", 100'000);
  w.add_call("exit0");
  w.send();
  const auto first = w.receive();
  REQUIRE(first);
  CHECK(first->result<int>() == 1);
  const auto second = w.receive();
  if (second) CHECK_FALSE(w.receive());
}
