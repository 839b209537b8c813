#include "runtime/process/child.hpp"
#include "runtime/process/daemon.hpp"

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pactor;

namespace {

/// A process of its own that runs `f` and must not return to the test.
pid_t in_fork(const std::function<void()>& f) {
  const auto pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    f();
    ::_exit(99);
  }
  return pid;
}

struct answer {
  int code = 0;
  std::string text;
};

/// What the starting command of a daemon that does `f` exits with and writes to its standard error.
answer start(const std::function<void(process::daemon_line&)>& f) {
  auto pipe = process::make_pipe();
  const auto pid = in_fork([&] {
    ::dup2(pipe.write.get(), STDERR_FILENO);
    auto line = process::daemonize("/dev/null");
    f(line);
    ::_exit(0);
  });
  pipe.write.reset();
  int ended = 0;
  REQUIRE(::waitpid(pid, &ended, 0) == pid);
  answer result;
  result.code = WEXITSTATUS(ended);
  std::array<char, 512> part{};
  for (ssize_t n = 0; (n = ::read(pipe.read.get(), part.data(), part.size())) > 0;)
    result.text.append(part.data(), static_cast<std::size_t>(n));
  return result;
}

/// True when the other end of a pipe is closed: all who held it ended.
bool closed(const process::unique_fd& fd) {
  char byte = 0;
  return ::read(fd.get(), &byte, 1) == 0;
}

} // namespace

TEST_CASE("the command that starts a daemon ends with the daemon's word") {
  auto good = start([](auto& line) { line.report(0, "it stands\n"); });
  CHECK(good.code == 0);
  CHECK(good.text == "it stands\n");
  auto bad = start([](auto& line) {
    line.report(16, "the port is taken\n");
    line.report(0, "too late\n");
  });
  CHECK(bad.code == 16);
  CHECK(bad.text == "the port is taken\n");
}

TEST_CASE("a daemon that dies without a word is reported") {
  const auto silent = start([](auto&) { ::raise(SIGKILL); });
  CHECK(silent.code == 1);
  CHECK(silent.text.find("ended without a word") != std::string::npos);
}

TEST_CASE("a daemon is in a session of its own and leads none") {
  auto pipe = process::make_pipe();
  const auto session = ::getsid(0);
  const auto said = start([&](auto& line) {
    const bool good = ::getsid(0) != session && ::getsid(0) != ::getpid();
    line.report(good ? 0 : 1, "");
  });
  CHECK(said.code == 0);
}

TEST_CASE("a process that dies with its parent does") {
  auto alive = process::make_pipe();
  auto ready = process::make_pipe();
  const auto parent = in_fork([&] {
    const auto self = std::to_string(::getpid());
    const auto child = ::fork();
    if (child == 0) {
      ::setenv("PACTOR_PARENT_PID", self.c_str(), 1);
      process::die_with_parent(SIGKILL);
      if (std::getenv("PACTOR_PARENT_PID")) ::_exit(1); // its own children have another parent
      [[maybe_unused]] const auto n = ::write(ready.write.get(), "r", 1);
      for (;;) ::pause();
    }
    for (;;) ::pause();
  });
  alive.write.reset();
  ready.write.reset();
  char byte = 0;
  REQUIRE(::read(ready.read.get(), &byte, 1) == 1);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  CHECK(closed(alive.read)); // blocks for ever if the grandchild lives
}

TEST_CASE("a process whose parent is gone before it asks ends at once") {
  int ended = 0;
  const auto child = in_fork([] {
    ::setenv("PACTOR_PARENT_PID", "1", 1); // not the parent
    process::die_with_parent(SIGKILL);
    ::_exit(0);
  });
  ::waitpid(child, &ended, 0);
  CHECK(WEXITSTATUS(ended) == 1);
}

TEST_CASE("a process that a person started lives without spawn's mark") {
  int ended = 0;
  const auto child = in_fork([] {
    ::unsetenv("PACTOR_PARENT_PID");
    process::die_with_parent(SIGKILL);
    int signal = 0;
    ::prctl(PR_GET_PDEATHSIG, &signal);
    ::_exit(signal == 0 ? 0 : 2);
  });
  ::waitpid(child, &ended, 0);
  CHECK(WEXITSTATUS(ended) == 0);
}
