#pragma once
// A client that works while others misbehave.

#include "pactor/client.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <atomic>
#include <future>
#include <string>

namespace pactor::test {

/// Calls jobs without a pause from its construction on, on every engine and through the scheduler.
class witness {
public:
  explicit witness(const temporary_cluster& cluster)
      : work_{std::async(std::launch::async, [this, c = cluster.client()] { return calls(c); })} {}
  witness(const witness&) = delete;
  witness& operator=(const witness&) = delete;
  ~witness() { done_ = true; }

  /// Waits until calls that began after this one ended, too. @return "" if it lost nothing, else what went wrong
  std::string complaint() {
    const auto before = rounds_.load();
    while (rounds_ < before + 3 && work_.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) {
    }
    done_ = true;
    return work_.get();
  }

private:
  std::string calls(const client& c) {
    try {
      const auto engines = c.size();
      for (long i = 0; !done_; ++i) {
        const auto direct = c[all].apply_async<long>("identity", i);
        const auto balanced = c.load_balanced_view().apply_async<long>("identity", -i);
        if (direct.get(seconds{30}) != std::vector(engines, i)) return "a direct call gave another's result";
        if (balanced.get(seconds{30}) != -i) return "a balanced call gave another's result";
        ++rounds_;
      }
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  }

  std::atomic<bool> done_{false};
  std::atomic<long> rounds_{0};
  std::future<std::string> work_; // last: its end waits for the calls
};

} // namespace pactor::test
