#include "runtime/process/daemon.hpp"

#include "runtime/process/system_error.hpp"
#include "runtime/process/write_all.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>

namespace pactor::process {
namespace {

std::string read_to_end(int fd) {
  std::string all;
  std::array<char, 4096> part{};
  for (;;) {
    const auto count = ::read(fd, part.data(), part.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return all;
    if (count > 0) all.append(part.data(), static_cast<std::size_t>(count));
  }
}

/// On standard error. If that is gone there is nobody to tell.
void say(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

/// The first byte is the exit code, the rest is text.
[[noreturn]] void wait_for_report(const unique_fd& line, const std::filesystem::path& output) {
  const auto report = read_to_end(line.get());
  if (report.empty()) {
    say("pactor: the background process ended without a word; see " + output.string() + "\n");
    ::_exit(EXIT_FAILURE);
  }
  if (report.size() > 1) say(std::string_view{report}.substr(1));
  ::_exit(static_cast<std::uint8_t>(report.front()));
}

pid_t fork_or_throw() {
  const auto pid = ::fork();
  if (pid < 0) throw system_failure("cannot go into the background", errno);
  return pid;
}

void redirect(int from, int to) {
  if (::dup2(from, to) < 0) throw system_failure("cannot redirect output", errno);
}

} // namespace

void daemon_line::report(int code, std::string_view text) {
  if (!to_starter_) return;
  const auto message = std::string(1, static_cast<char>(code)) + std::string{text};
  static_cast<void>(write_all(to_starter_.get(), message)); // a starter that was killed is none of our concern
  to_starter_.reset();
}

daemon_line daemonize(const std::filesystem::path& output) {
  const unique_fd log{::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!log) throw system_failure("cannot write " + output.string(), errno);
  const unique_fd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  auto line = make_pipe();
  if (const auto pid = fork_or_throw(); pid > 0) {
    line.write.reset();
    int ended = 0;
    while (::waitpid(pid, &ended, 0) < 0 && errno == EINTR) {
    } // the one in between
    wait_for_report(line.read, output);
  }
  // The starter may be killed before it gets its answer.
  ::signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler): no handler
  // A session leader could get a terminal again; its child can't.
  ::setsid();
  if (fork_or_throw() > 0) ::_exit(EXIT_SUCCESS);
  redirect(nothing.get(), STDIN_FILENO);
  redirect(log.get(), STDOUT_FILENO);
  redirect(log.get(), STDERR_FILENO);
  return daemon_line{std::move(line.write)};
}

} // namespace pactor::process
