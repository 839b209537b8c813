// An example of a launcher of one's own: starts nodes as child processes. It needs nothing of pactor but one
// header:
//
//     g++ -std=c++20 -shared -fPIC -o beside.so beside.cpp -I PREFIX/include

#include <pactor/launcher_abi.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

struct child {
  pid_t pid = 0;
  bool ended = false;
  std::string what;
};

child& of(void* run) { return *static_cast<child*>(run); }

/// This process's, but for those that the order has.
std::vector<char*> environment_of(const pactor_launcher_order& order) {
  std::vector<char*> result;
  for (size_t i = 0; order.environment[i]; ++i) result.push_back(const_cast<char*>(order.environment[i]));
  const auto own = result.size();
  for (char** one = environ; *one; ++one) {
    const auto name = static_cast<size_t>(std::strcspn(*one, "=")) + 1;
    bool replaced = false;
    for (size_t i = 0; i < own; ++i) replaced = replaced || std::strncmp(*one, result[i], name) == 0;
    if (!replaced) result.push_back(*one);
  }
  result.push_back(nullptr);
  return result;
}

/// A group of its own, and none of the signals that `pactor start` holds back: by fork() it would inherit these.
pid_t spawn(const pactor_launcher_order& order) {
  const char* arguments[256] = {order.program};
  for (size_t i = 0; order.arguments[i] && i < 254; ++i) arguments[i + 1] = order.arguments[i];
  auto variables = environment_of(order);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setsigmask(&how, &none);
  ::posix_spawnattr_setsigdefault(&how, &all);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  if (order.directory[0] != 0) ::posix_spawn_file_actions_addchdir_np(&files, order.directory);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, order.program, &files, &how, const_cast<char**>(arguments), variables.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&how);
  errno = failed;
  return failed == 0 ? pid : 0;
}

void* start(const pactor_launcher_order* order, const pactor_launcher_listener* listener, char* words,
            size_t capacity) {
  const pid_t pid = spawn(*order);
  if (pid == 0) {
    std::snprintf(words, capacity, "%s can't be started: %s", order->program, std::strerror(errno));
    return nullptr;
  }
  auto* const run = new child{pid, false, "child " + std::to_string(pid)};
  listener->say(listener->state, 1, run->what.data(), run->what.size());
  return run;
}

int fd(void*) { return -1; }
int32_t every(void*) { return 50; }

int32_t attend(void* run, pactor_launcher_ending* ending) {
  int status = 0;
  if (::waitpid(of(run).pid, &status, WNOHANG) != of(run).pid) return PACTOR_LAUNCHER_STARTING;
  of(run).ended = true;
  ending->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::snprintf(ending->words, sizeof ending->words, "exit code %d", ending->code);
  return PACTOR_LAUNCHER_ENDED;
}

int send(void* run, int number) { return !of(run).ended && ::kill(of(run).pid, number) == 0 ? 1 : 0; }
void stop(void* run) { send(run, SIGTERM); }
void kill_now(void* run) { send(run, SIGKILL); }
const char* what(void* run) { return of(run).what.c_str(); }

void destroy(void* run) {
  if (!of(run).ended) {
    kill_now(run);
    ::waitpid(of(run).pid, nullptr, 0);
  }
  delete &of(run);
}

} // namespace

extern "C" {

__attribute__((visibility("default"))) uint32_t pactor_launcher_abi(void) { return PACTOR_LAUNCHER_ABI; }

__attribute__((visibility("default"))) const pactor_launcher* pactor_launcher_functions(void) {
  static const pactor_launcher functions{sizeof functions, start, fd,   every,  attend, stop,
                                         kill_now,         send,  what, destroy};
  return &functions;
}

} // extern "C"
