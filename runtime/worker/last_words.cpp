#include "runtime/worker/last_words.hpp"

#include "runtime/worker/capture.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>

namespace pactor::worker {

namespace {

// Handlers have no other way to know it.
std::atomic<capture*> saved{nullptr};                 // NOLINT(*-global-variables)
alignas(16) std::array<char, 32 << 10> handler_stack; // NOLINT(*-global-variables): no memory until it is used

extern "C" void on_fatal_signal(int number) {
  if (auto* c = saved.exchange(nullptr)) c->last_words();
  std::raise(number); // SA_RESETHAND: it ends the process now, as if there were no handler
}

} // namespace

void save_last_words(capture& c) {
  saved = &c;
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = &on_fatal_signal;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
  for (const auto number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(number, &action, nullptr);
  std::atexit([] {
    if (auto* alive = saved.load()) alive->close_down();
  });
}

} // namespace pactor::worker
