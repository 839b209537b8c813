#include "runtime/worker/last_words.hpp"

#include "runtime/worker/capture.hpp"
#include "runtime/worker/crash_trace.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace pactor::worker {

namespace {

// Handlers have no other way to know it.
std::atomic<capture*> saved{nullptr};                 // NOLINT(*-global-variables)
std::atomic<const crash_trace*> trace{nullptr};       // NOLINT(*-global-variables)
std::atomic<int> fatal{0};                            // NOLINT(*-global-variables)
alignas(16) std::array<char, 64 << 10> handler_stack; // NOLINT(*-global-variables): no memory until it is used

/// The trace hangs: it needs a lock that another thread had when this one crashed, say.
extern "C" void on_alarm(int) {
  ::signal(fatal, SIG_DFL);
  std::raise(fatal);
}

extern "C" void on_fatal_signal(int number, siginfo_t*, void* where) {
  if (auto* t = trace.exchange(nullptr)) {
    fatal = number;
    sigset_t alarms;
    ::sigemptyset(&alarms);
    ::sigaddset(&alarms, SIGALRM);
    ::signal(SIGALRM, &on_alarm);
    ::pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
    ::alarm(1);
    t->write(static_cast<const ucontext_t*>(where));
    ::alarm(0);
  }
  if (auto* c = saved.exchange(nullptr)) c->last_words();
  std::raise(number); // SA_RESETHAND: it ends the process now, as if there were no handler
}

} // namespace

void save_last_words(capture& c, const crash_trace& t) {
  saved = &c;
  trace = &t;
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &on_fatal_signal;
  action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
  for (const auto number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(number, &action, nullptr);
  std::atexit([] {
    if (auto* alive = saved.load()) alive->close_down();
  });
}

} // namespace pactor::worker
