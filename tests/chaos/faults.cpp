#include "tests/chaos/faults.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

using namespace std::chrono_literals;

namespace chaos {

faults::faults(const pactor::test::pactor_home& cluster, unsigned seed, bool controller)
    : cluster_{cluster}, chance_{seed}, controller_{controller} {}

/// At most so often in the last minute.
bool faults::allowed(const std::string& what, std::size_t most) {
  auto& times = times_[what];
  const auto now = clock::now();
  std::erase_if(times, [now](auto t) { return now - t > 65s; });
  if (times.size() >= most) return false;
  times.push_back(now);
  return true;
}

void faults::strike(const std::string& part, bool kill) {
  const auto pids = cluster_.pids(part);
  if (pids.empty()) return; // it is being started again
  const auto pid = pids[chance_() % pids.size()];
  const auto is_stopped = std::ranges::any_of(stopped_, [pid](const auto& s) { return s.pid == pid; });
  // A worker's engine and a node's launcher count deaths by themselves.
  if (kill && !allowed(part == "worker" ? "worker" : part, part == "worker" ? 4 : 3)) return;
  if (!kill && is_stopped) return;
  ::kill(pid, kill ? SIGKILL : SIGSTOP);
  // Longer than a few heartbeats, so that stopped nodes are sometimes given up, and come back afterwards.
  if (!kill) stopped_.push_back({pid, clock::now() + std::chrono::milliseconds{100 + chance_() % 7000}});
  ++done_[(kill ? "killed a " : "stopped a ") + part];
}

void faults::wake(bool all) {
  const auto now = clock::now();
  std::erase_if(stopped_, [&](const stopped& s) {
    if (!all && s.until > now) return false;
    ::kill(s.pid, SIGCONT);
    return true;
  });
}

void faults::one() {
  const auto what = chance_() % 100;
  if (what < 35) return strike("worker", true);
  if (what < 65) return strike("worker", false);
  if (what < 75) return strike("node", true);
  if (what < 85) return strike("node", false);
  if (controller_) return strike("controller", what < 95);
}

void faults::run(const std::atomic<bool>& on) {
  while (on) {
    const auto next = clock::now() + std::chrono::milliseconds{50 + chance_() % 450};
    while (on && clock::now() < next) {
      wake(false);
      std::this_thread::sleep_for(10ms);
    }
    if (on) one();
  }
  wake(true);
}

} // namespace chaos
