#include "pactor/error.hpp"
#include "runtime/process/child.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string>
#include <unistd.h>

using namespace pactor;
using namespace std::chrono_literals;

namespace {

process::spawn_options shell(const std::string& script) {
  return {.executable = "/bin/sh", .arguments = {"sh", "-c", script}};
}

std::string read_to_end(int fd) {
  std::string all;
  std::array<char, 256> part{};
  for (ssize_t n = 0; (n = ::read(fd, part.data(), part.size())) > 0;)
    all.append(part.data(), static_cast<std::size_t>(n));
  return all;
}

/// What a script writes to descriptor 3.
std::string said(process::spawn_options options) {
  auto pipe = process::make_pipe();
  options.descriptors.emplace_back(pipe.write.get(), 3);
  auto child = process::spawn(options);
  pipe.write.reset();
  auto text = read_to_end(pipe.read.get());
  CHECK(child.wait().success());
  return text;
}

} // namespace

TEST_CASE("exit codes and signals are told apart, in words") {
  auto ended = process::spawn(shell("exit 3")).wait();
  CHECK(ended.code == 3);
  CHECK(ended.signal == 0);
  CHECK(ended.words() == "exit code 3");
  CHECK_FALSE(ended.success());
  ended = process::spawn(shell("ulimit -c 0; kill -SEGV $$")).wait();
  CHECK(ended.code == 0);
  CHECK(ended.signal == SIGSEGV);
  CHECK(ended.words() == "signal 11 (Segmentation fault)");
  CHECK_FALSE(ended.success());
  CHECK(process::spawn(shell("exit 0")).wait().success());
  CHECK(process::signal_words(9) == "signal 9 (Killed)");
  siginfo_t info{};
  info.si_code = CLD_DUMPED;
  info.si_status = SIGABRT;
  CHECK(process::decode(info).words() == "signal 6 (Aborted), core dumped");
}

TEST_CASE("a program that is not there can't be started, and the error names it") {
  try {
    static_cast<void>(process::spawn({.executable = "/nonexistent/program", .arguments = {"x"}}));
    FAIL("it was started");
  } catch (const error& e) {
    CHECK(e.code() == ec::system);
    CHECK(std::string{e.what()} == "cannot start /nonexistent/program: No such file or directory");
  }
  try {
    static_cast<void>(process::spawn({.executable = "/etc/passwd", .arguments = {"x"}}));
    FAIL("it was started");
  } catch (const error& e) {
    CHECK(std::string{e.what()}.find("Permission denied") != std::string::npos);
  }
}

TEST_CASE("descriptors arrive at their numbers, also when the numbers cross") {
  auto one = process::make_pipe();
  auto two = process::make_pipe();
  // Ours are asked for at each other's numbers.
  auto options =
      shell("echo one >&" + std::to_string(two.write.get()) + "; echo two >&" + std::to_string(one.write.get()));
  options.descriptors = {{one.write.get(), two.write.get()}, {two.write.get(), one.write.get()}};
  REQUIRE(one.write.get() < 10); // what a shell can name
  REQUIRE(two.write.get() < 10);
  auto child = process::spawn(options);
  one.write.reset();
  two.write.reset();
  CHECK(read_to_end(one.read.get()) == "one\n");
  CHECK(read_to_end(two.read.get()) == "two\n");
  CHECK(child.wait().success());
}

TEST_CASE("a child has no descriptor that was not passed, even one without close-on-exec") {
  const process::unique_fd leaky{::fcntl(STDERR_FILENO, F_DUPFD, 50)};
  REQUIRE(leaky);
  const auto file = "/proc/$$/fd/" + std::to_string(leaky.get());
  CHECK(said(shell("if [ -e " + file + " ]; then echo there; else echo gone; fi >&3")) == "gone\n");
}

TEST_CASE("a child gets what was added to the environment, in place of what was there") {
  ::setenv("PACTOR_TEST_OLD", "old", 1);
  auto options = shell("echo $PACTOR_TEST_OLD,$PACTOR_TEST_NEW >&3");
  options.environment = {{"PACTOR_TEST_OLD", "changed"}, {"PACTOR_TEST_NEW", "new"}};
  CHECK(said(options) == "changed,new\n");
  CHECK(said(shell("echo $PACTOR_TEST_OLD,$PACTOR_TEST_NEW >&3")) == "old,\n");
  ::unsetenv("PACTOR_TEST_OLD");
}

TEST_CASE("a child starts with nothing blocked and nothing ignored") {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto* handler = std::signal(SIGUSR1, SIG_IGN);
  const auto masks = said(shell("exec sed -nE 's/^Sig(Blk|Ign):[^0-9a-f]*//p' /proc/self/status >&3"));
  std::signal(SIGUSR1, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(masks.size() == 34);             // two lines of 16 digits
  constexpr auto standard = 0x7fffffffULL; // those above are the C library's own
  for (const auto& mask : {masks.substr(0, 16), masks.substr(17, 16)}) {
    CAPTURE(mask);
    CHECK((std::stoull(mask, nullptr, 16) & standard) == 0);
  }
}

TEST_CASE("output goes to a file for its owner, appended") {
  std::string directory = "/tmp/pactor-spawn-XXXXXX";
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const auto file = std::filesystem::path{directory} / "out";
  for (int i = 0; i < 2; ++i) {
    auto options = shell("echo out; echo err >&2");
    options.output = file;
    CHECK(process::spawn(options).wait().success());
  }
  std::ifstream in{file};
  CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == "out\nerr\nout\nerr\n");
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
  std::filesystem::remove_all(directory);
}

TEST_CASE("a process group of its own, or not") {
  auto options = shell("ps -o pgid= -p $$ | tr -d ' ' >&3");
  CHECK(said(options) == std::to_string(::getpgrp()) + "\n");
  auto pipe = process::make_pipe();
  options.own_group = true;
  options.descriptors = {{pipe.write.get(), 3}};
  auto child = process::spawn(options);
  pipe.write.reset();
  CHECK(read_to_end(pipe.read.get()) == std::to_string(child.pid()) + "\n");
  child.wait();
}

TEST_CASE("a wait with a limit ends at the limit, and the end is told again when asked again") {
  auto child = process::spawn(shell("exec sleep 1000"));
  CHECK(child.running());
  CHECK_FALSE(child.poll());
  CHECK_FALSE(child.wait_for(1ms));
  CHECK(child.signal(SIGTERM));
  const auto ended = child.wait_for(20s);
  REQUIRE(ended);
  CHECK(ended->signal == SIGTERM);
  CHECK_FALSE(child.running());
  CHECK(child.poll() == ended);
  CHECK(child.wait() == *ended);
  CHECK_FALSE(child.signal(SIGTERM));
}

TEST_CASE("a child does not outlive its object") {
  pid_t pid = 0;
  {
    auto child = process::spawn(shell("exec sleep 1000"));
    pid = child.pid();
    auto moved = std::move(child);
    CHECK(moved.running());
    CHECK_FALSE(child.running()); // NOLINT(bugprone-use-after-move): that is the point
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("a pidfd of a process that is gone is empty") {
  auto child = process::spawn(shell("exit 0"));
  const auto watched = process::open_pidfd(child.pid());
  CHECK(process::wait_for_end(watched, 20s));
  child.wait();
  CHECK_FALSE(process::open_pidfd(child.pid()));
  CHECK_FALSE(process::send_signal(watched, SIGTERM));
}

TEST_CASE("a process can get its directory, its input and apart output and error") {
  auto in = process::make_pipe(), out = process::make_pipe(), err = process::make_pipe();
  auto options = shell("pwd; cat; echo trouble >&2");
  options.directory = "/usr";
  options.standard_input = in.read.get();
  options.standard_output = out.write.get();
  options.standard_error = err.write.get();
  auto child = process::spawn(options);
  out.write.reset();
  err.write.reset();
  REQUIRE(::write(in.write.get(), "given", 5) == 5);
  in.write.reset();
  CHECK(read_to_end(out.read.get()) == "/usr\ngiven");
  CHECK(read_to_end(err.read.get()) == "trouble\n");
  CHECK(child.wait().success());
}

TEST_CASE("a process can be bound to cores, and the one that starts it stays as it was") {
  cpu_set_t before, after;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  int core = CPU_SETSIZE - 1;
  while (!CPU_ISSET(core, &before)) --core;
  auto options = shell("grep Cpus_allowed_list /proc/self/status >&3");
  options.cores = {core};
  CHECK(said(options) == "Cpus_allowed_list:\t" + std::to_string(core) + "\n");
  REQUIRE(::sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
  options.cores = {CPU_SETSIZE};
  CHECK_THROWS_AS((void)process::spawn(options), error);
}
