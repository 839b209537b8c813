#include "runtime/process/child.hpp"

#include "runtime/process/system_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace pactor::process {
namespace {

constexpr const char* parent_variable = "PACTOR_PARENT_PID";

/// posix_spawn's two argument objects, freed in every case.
class spawn_setup {
public:
  spawn_setup() {
    check(posix_spawn_file_actions_init(&actions));
    check(posix_spawnattr_init(&attributes));
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
  ~spawn_setup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  static void check(int error_number) {
    if (error_number != 0) throw system_failure("cannot prepare a new process", error_number);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> result;
  const auto add = [&result](std::string_view name, std::string_view value) {
    result.emplace_back(name).append("=").append(value);
  };
  for (const auto& [name, value] : added) add(name, value);
  add(parent_variable, std::to_string(::getpid()));
  const auto fresh = result;
  const auto replaced = [&fresh](std::string_view entry) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    return std::any_of(fresh.begin(), fresh.end(), [name](const auto& f) { return f.starts_with(name); });
  };
  for (auto* entry = environ; entry && *entry; ++entry)
    if (!replaced(*entry)) result.emplace_back(*entry);
  return result;
}

/// Descriptors first move out of the way of all target numbers, so that no dup2 overwrites the source of another.
std::vector<unique_fd> pass_descriptors(spawn_setup& setup, const std::vector<std::pair<int, int>>& wanted) {
  int highest = STDERR_FILENO;
  for (const auto& [ours, number] : wanted) highest = std::max(highest, number);
  std::vector<unique_fd> moved;
  for (const auto& [ours, number] : wanted) {
    moved.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, highest + 1));
    if (!moved.back()) throw system_failure("cannot pass descriptor " + std::to_string(ours), errno);
    spawn_setup::check(posix_spawn_file_actions_adddup2(&setup.actions, moved.back().get(), number));
  }
  const auto is_target = [&wanted](int fd) {
    return std::any_of(wanted.begin(), wanted.end(), [fd](const auto& w) { return w.second == fd; });
  };
  for (int fd = STDERR_FILENO + 1; fd < highest; ++fd)
    if (!is_target(fd)) spawn_setup::check(posix_spawn_file_actions_addclose(&setup.actions, fd));
  spawn_setup::check(posix_spawn_file_actions_addclosefrom_np(&setup.actions, highest + 1));
  return moved;
}

/// In front of pass_descriptors(), which puts others in the place of these.
void set_streams(spawn_setup& setup, const std::filesystem::path& output) {
  spawn_setup::check(posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
  if (output.empty()) return;
  constexpr int flags = O_WRONLY | O_CREAT | O_APPEND;
  spawn_setup::check(posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, output.c_str(), flags, 0600));
  spawn_setup::check(posix_spawn_file_actions_adddup2(&setup.actions, STDOUT_FILENO, STDERR_FILENO));
}

/// All descriptors of a child, with those that take the place of its standard ones.
std::vector<std::pair<int, int>> descriptors_of(const spawn_options& options) {
  auto all = options.descriptors;
  for (const auto& [ours, number] : all)
    if (number <= STDERR_FILENO) throw error{ec::invalid_argument, "descriptors are passed at numbers from 3"};
  const auto add = [&all](int ours, int number) {
    if (ours >= 0) all.emplace_back(ours, number);
  };
  add(options.standard_input, STDIN_FILENO);
  add(options.standard_output, STDOUT_FILENO);
  add(options.standard_error, STDERR_FILENO);
  return all;
}

void set_attributes(spawn_setup& setup, bool own_group) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  spawn_setup::check(posix_spawnattr_setsigmask(&setup.attributes, &none));
  spawn_setup::check(posix_spawnattr_setsigdefault(&setup.attributes, &all));
  unsigned flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (own_group) flags |= POSIX_SPAWN_SETPGROUP;
  spawn_setup::check(posix_spawnattr_setpgroup(&setup.attributes, 0));
  spawn_setup::check(posix_spawnattr_setflags(&setup.attributes, static_cast<short>(flags)));
}

/// Binds the calling thread to cores for as long as it lives: a process that is started meanwhile inherits that, and
/// is never seen without.
class bound_thread {
public:
  explicit bound_thread(const std::vector<int>& cores) {
    if (cores.empty()) return;
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) throw system_failure("cannot bind a process", errno);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (const auto one : cores) {
      if (one < 0 || one >= CPU_SETSIZE || !CPU_ISSET(one, &before_))
        throw error{ec::system, "cannot bind a process to core " + std::to_string(one) +
                                    ": this host has no such core, or keeps it from us"};
      CPU_SET(one, &wanted);
    }
    if (::sched_setaffinity(0, sizeof wanted, &wanted) != 0) throw system_failure("cannot bind a process", errno);
    bound_ = true;
  }
  bound_thread(const bound_thread&) = delete;
  bound_thread& operator=(const bound_thread&) = delete;
  ~bound_thread() {
    if (bound_) ::sched_setaffinity(0, sizeof before_, &before_);
  }

private:
  cpu_set_t before_{};
  bool bound_ = false;
};

} // namespace

pipe_ends make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("cannot make a pipe", errno);
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

std::string signal_words(int signal) {
  auto text = "signal " + std::to_string(signal);
  if (const char* name = ::sigdescr_np(signal)) text += " (" + std::string{name} + ")";
  return text;
}

std::string exit_state::words() const {
  if (signal == 0) return "exit code " + std::to_string(code);
  return signal_words(signal) + (core_dumped ? ", core dumped" : "");
}

exit_state decode(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status, .core_dumped = info.si_code == CLD_DUMPED};
}

child& child::operator=(child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
    ended_ = other.ended_;
  }
  return *this;
}

child::~child() { end(); }

void child::end() noexcept {
  if (!running()) return;
  ::kill(pid_, SIGKILL); // without a pidfd too: the number stays ours until the process is reaped
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

bool child::signal(int number) const noexcept { return running() && send_signal(pidfd_, number); }

bool child::queue(int number) const noexcept {
  siginfo_t info{};
  info.si_signo = number;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  return running() && ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, &info, 0) == 0;
}

bool child::stopped() const {
  if (!running()) return false;
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')'); // the name may have anything in it
  return name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'T';
}

std::optional<exit_state> child::reap(int flags) {
  if (ended_ || pid_ == 0) return ended_;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | flags) != 0)
    if (errno != EINTR) throw system_failure("cannot wait for process " + std::to_string(pid_), errno);
  if (info.si_pid != 0) ended_ = decode(info);
  return ended_;
}

std::optional<exit_state> child::poll() { return reap(WNOHANG); }

std::optional<exit_state> child::wait_for(std::chrono::milliseconds limit) {
  if (running()) wait_for_end(pidfd_, limit);
  return poll();
}

exit_state child::wait() { return reap(0).value_or(exit_state{}); }

child spawn(const spawn_options& options) {
  spawn_setup setup;
  set_streams(setup, options.output);
  const auto moved = pass_descriptors(setup, descriptors_of(options));
  if (!options.directory.empty())
    spawn_setup::check(posix_spawn_file_actions_addchdir_np(&setup.actions, options.directory.c_str()));
  set_attributes(setup, options.own_group);
  auto arguments = options.arguments;
  auto environment = environment_with(options.environment);
  pid_t pid = 0;
  const bound_thread binding{options.cores};
  const int failed = ::posix_spawn(&pid, options.executable.c_str(), &setup.actions, &setup.attributes,
                                   pointers(arguments).data(), pointers(environment).data());
  if (failed != 0) throw system_failure("cannot start " + options.executable.string(), failed);
  child started{pid, unique_fd{}};
  started.pidfd_ = open_pidfd(pid); // may throw; then the child does not outlive `started`
  return started;
}

unique_fd open_pidfd(pid_t pid) {
  unique_fd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd && errno != ESRCH) throw system_failure("cannot watch process " + std::to_string(pid), errno);
  return fd;
}

bool send_signal(const unique_fd& pidfd, int number) noexcept {
  return pidfd && ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0;
}

bool wait_for_end(const unique_fd& pidfd, std::chrono::milliseconds limit) {
  if (!pidfd) return true;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30)));
    if (ready > 0) return true;
    if (ready == 0 && left.count() <= 0) return false;
    if (ready < 0 && errno != EINTR) throw system_failure("cannot wait for a process", errno);
  }
}

void die_with_parent(int signal) {
  const char* text = std::getenv(parent_variable); // NOLINT(concurrency-mt-unsafe): main() has no other thread yet
  if (!text) return;
  const auto parent = std::strtol(text, nullptr, 10);
  ::unsetenv(parent_variable); // NOLINT(concurrency-mt-unsafe): as above; our own children have another parent
  ::prctl(PR_SET_PDEATHSIG, signal);
  // The parent may have died before the request above took effect.
  if (::getppid() != parent) ::_exit(1);
}

} // namespace pactor::process
