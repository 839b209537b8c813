#include "runtime/snippets/compiler_process.hpp"

#include "pactor/error.hpp"
#include "runtime/process/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pactor::snippets {

namespace {

constexpr rlim_t most_memory = rlim_t{4} << 30, largest_file = rlim_t{1} << 30;
constexpr std::size_t longest_output = std::size_t{256} << 10;

std::string first_part_of(const std::filesystem::path& file) {
  std::string text(longest_output, '\0');
  const process::unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  std::size_t size = 0;
  while (fd && size < text.size()) {
    const auto count = ::read(fd.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

/// Kills the guard's process group, in which the compiler's processes are, before the guard is reaped.
class group_end {
public:
  explicit group_end(process::child& leader) : leader_{leader} {}
  group_end(const group_end&) = delete;
  group_end& operator=(const group_end&) = delete;
  ~group_end() {
    if (leader_.running()) ::kill(-leader_.pid(), SIGKILL);
  }

private:
  process::child& leader_;
};

extern "C" void end_group(int) { ::kill(0, SIGKILL); }

void limit(__rlimit_resource what, rlim_t most) {
  rlimit now{};
  ::getrlimit(what, &now);
  now.rlim_cur = now.rlim_max == RLIM_INFINITY ? most : std::min(most, now.rlim_max);
  ::setrlimit(what, &now);
}

} // namespace

compiler_outcome run_compiler(const compiler_call& call, const pause& wait) {
  using namespace std::chrono_literals;
  using clock = std::chrono::steady_clock;
  const auto said = call.directory / "output";
  std::error_code ignored;
  std::filesystem::remove(said, ignored); // of an earlier run
  process::spawn_options options;
  options.executable = call.guard;
  options.arguments = {"pactor-compile", "--compile"};
  options.arguments.insert(options.arguments.end(), call.arguments.begin(), call.arguments.end());
  options.environment = {{"LC_ALL", "C"}, {"TMPDIR", call.directory.string()}};
  options.output = said;
  options.own_group = true;
  auto compiler = process::spawn(options);
  const auto deadline = clock::now() + call.limit;
  compiler_outcome result;
  {
    // Not reaped while its group is there, whoever ended it: so the group's number remains its own.
    const auto watched = process::open_pidfd(compiler.pid());
    const group_end end{compiler};
    while (!process::wait_for_end(watched, 10ms)) {
      wait(0ms);
      result.in_time = clock::now() < deadline;
      if (!result.in_time) break;
    }
  }
  result.how = compiler.wait();
  result.output = first_part_of(said);
  return result;
}

int guard_compiler(char** arguments) {
  struct sigaction action {};
  action.sa_handler = &end_group;
  ::sigaction(SIGTERM, &action, nullptr);
  process::die_with_parent(SIGTERM);
#if !defined(__SANITIZE_ADDRESS__) // it takes terabytes of addresses
  limit(RLIMIT_AS, most_memory);
#endif
  limit(RLIMIT_FSIZE, largest_file);
  limit(RLIMIT_CORE, 0);
  pid_t pid = 0;
  if (const int failed = ::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments, environ); failed != 0) {
    std::fprintf(stderr, "cannot start %s: %s\n", arguments[0], std::strerror(failed)); // NOLINT(concurrency-mt-unsafe)
    return 127;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 127;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace pactor::snippets
