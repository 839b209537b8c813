#include "runtime/worker/cancellation.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

namespace pactor::worker {

namespace {

// What a signal handler may touch. A worker has one job thread, and one cancellation.
std::atomic<control_page*> handled_page{nullptr};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> running{false};                  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> interrupted_from_outside{false}; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// The engine's SIGINT comes with the page's word on which task it is for: here it only ends what waits. Anybody
/// else's is for the task that runs.
void on_interrupt(int, siginfo_t* info, void*) {
  if (info->si_code == SI_QUEUE) return;
  auto* page = handled_page.load();
  if (!page || !running.load()) return;
  interrupted_from_outside.store(true);
  page->bell.fetch_add(1); // who was about to sleep does not
}

} // namespace

cancellation::cancellation(int fd) : memory_{control_memory::open(fd)} {
  handled_page.store(&memory_.page());
  struct sigaction action {};
  action.sa_sigaction = &on_interrupt;
  action.sa_flags = SA_SIGINFO; // no SA_RESTART: a system call that a job waits in is to return
  ::sigaction(SIGINT, &action, &before_);
}

cancellation::~cancellation() {
  ::sigaction(SIGINT, &before_, nullptr);
  handled_page.store(nullptr);
}

bool cancellation::begin() noexcept {
  interrupted_from_outside.store(false, std::memory_order_relaxed);
  running.store(true, std::memory_order_relaxed);
  return memory_.page().begin(++ordinal_);
}

void cancellation::end() noexcept { running.store(false, std::memory_order_relaxed); }

pactor_cancellation cancellation::wanted() const noexcept {
  const auto& page = memory_.page();
  if (page.interrupted.load(std::memory_order_relaxed) == ordinal_ ||
      interrupted_from_outside.load(std::memory_order_relaxed))
    return PACTOR_INTERRUPTED;
  return page.cancelled.load(std::memory_order_relaxed) == ordinal_ ? PACTOR_CANCELLED : PACTOR_GO_ON;
}

pactor_cancellation cancellation::sleep(std::int64_t nanoseconds) const noexcept {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + std::chrono::nanoseconds{std::max<std::int64_t>(nanoseconds, 0)};
  for (;;) {
    const auto seen = memory_.page().bell.load();
    if (const auto now = wanted(); now != PACTOR_GO_ON) return now;
    const auto left = std::chrono::nanoseconds{until - clock::now()}.count();
    if (left <= 0) return PACTOR_GO_ON;
    wait_for_bell(memory_.page().bell, seen, left);
  }
}

void cancellation::offer(pactor_host& host) noexcept {
  host.control = this;
  host.bell = reinterpret_cast<const volatile std::uint32_t*>(&memory_.page().bell);
  host.cancelled = [](void* self) noexcept -> std::int32_t { return static_cast<cancellation*>(self)->wanted(); };
  host.sleep = [](void* self, std::int64_t time) noexcept -> std::int32_t {
    return static_cast<cancellation*>(self)->sleep(time);
  };
}

} // namespace pactor::worker
