#pragma once
// Clients that submit without end, and what became of every task.

#include "pactor/client.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace chaos {

/// What came of all tasks.
struct totals {
  std::uint64_t submitted = 0, delivered = 0, rerouted = 0, lost = 0, doubled = 0, wrong = 0, refused = 0;
  std::uint64_t surrendered = 0;               ///< engine_lost, though they may run again
  std::map<std::string, std::uint64_t> failed; ///< by the name of the error
};

/// One client, for one thread. Every task writes its number into a file when it runs.
class load {
public:
  /// @param number of this client @param runs the file that its tasks write into
  /// @param once percent of the tasks that must not run twice
  load(pactor::client c, std::uint64_t number, std::filesystem::path runs, unsigned once);

  /// Submits as long as `on` is true, at most some hundred tasks ahead.
  void run(const std::atomic<bool>& on);
  /// Waits for what is open. @return what came of it
  totals finish(pactor::seconds limit);

private:
  struct task {
    pactor::async_result<std::int64_t> result;
    std::shared_ptr<std::atomic<int>> outcomes; ///< how many came
    bool once;
  };
  void submit(std::uint64_t id);
  [[nodiscard]] std::map<std::uint64_t, std::uint64_t> count_runs() const;

  pactor::client client_;
  std::uint64_t number_;
  std::filesystem::path runs_;
  unsigned once_;
  std::map<std::uint64_t, task> tasks_;
  std::uint64_t refused_ = 0;
};

} // namespace chaos
