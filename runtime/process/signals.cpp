#include "runtime/process/signals.hpp"

#include "runtime/process/system_error.hpp"

#include <cerrno>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

namespace pactor::process {

shutdown_signals::shutdown_signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  if (const int failed = ::pthread_sigmask(SIG_BLOCK, &wanted, &before_); failed != 0)
    throw system_failure("cannot block signals", failed);
  fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) {
    const int failed = errno;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw system_failure("cannot receive signals", failed);
  }
}

shutdown_signals::~shutdown_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> shutdown_signals::take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace pactor::process
