#include "pactor/wait.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pactor {

namespace {

/// Where a thread hears that one of several calls moved on.
struct bell {
  std::mutex mutex;
  std::condition_variable rung;
  bool ringing = false, over = false;

  /// @return true if nobody listens any more
  bool ring() {
    const std::lock_guard lock{mutex};
    ringing = true;
    rung.notify_one();
    return over;
  }
  /// @return false if `until` came first
  bool wait(detail::deadline until) {
    std::unique_lock lock{mutex};
    const auto heard = [this] { return ringing; };
    if (until == detail::deadline::max())
      rung.wait(lock, heard);
    else if (!rung.wait_until(lock, until, heard))
      return false;
    ringing = false;
    return true;
  }
  void hang_up() {
    const std::lock_guard lock{mutex};
    over = true;
  }
};

bool enough(std::span<const any_result> results, return_when when) {
  const auto pending = std::ranges::count_if(results, [](const auto& r) { return !r.ready(); });
  if (pending == 0) return true;
  if (when == return_when::first_completed) return static_cast<std::size_t>(pending) < results.size();
  return when == return_when::first_exception &&
         std::ranges::any_of(results, [](const auto& r) { return r.failed_so_far(); });
}

} // namespace

wait_result wait(std::span<const any_result> results, return_when when, seconds timeout) {
  const auto until = detail::after(timeout);
  const auto signal = std::make_shared<bell>();
  std::vector<std::pair<std::shared_ptr<const detail::call>, std::uint64_t>> watched;
  for (const auto& r : results) {
    const auto& tasks = r.state_->tasks;
    if (tasks->ready()) continue;
    const auto only_end = when != return_when::first_exception;
    // Knows the call by a pointer that is good whenever the call itself speaks.
    watched.emplace_back(tasks, tasks->observe([signal, call = tasks.get(), only_end] {
      if (only_end && !call->ready()) return false;
      return signal->ring() || call->ready();
    }));
  }
  while (!enough(results, when) && signal->wait(until)) {
  }
  signal->hang_up();
  for (const auto& [call, number] : watched) call->forget(number);
  wait_result found;
  for (std::size_t i = 0; i < results.size(); ++i) (results[i].ready() ? found.done : found.pending).push_back(i);
  return found;
}

} // namespace pactor
