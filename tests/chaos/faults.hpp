#pragma once
// What goes wrong in a cluster, when, and to whom: drawn from a seed.

#include "tests/support/temporary_cluster.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace chaos {

/// Kills processes of a cluster, stops them and lets them go on. No more often than supervision allows for, since a
/// cluster that gave up its engines has nothing more to show.
class faults {
public:
  faults(const pactor::test::pactor_home& cluster, unsigned seed, bool controller);

  /// As long as `on` is true; in the end nothing stands still.
  void run(const std::atomic<bool>& on);
  /// How often each was done: `killed a worker`.
  [[nodiscard]] const std::map<std::string, int>& done() const noexcept { return done_; }

private:
  using clock = std::chrono::steady_clock;
  struct stopped {
    pid_t pid;
    clock::time_point until;
  };
  void one();
  void strike(const std::string& part, bool kill);
  void wake(bool all);
  bool allowed(const std::string& what, std::size_t most);

  const pactor::test::pactor_home& cluster_;
  std::mt19937 chance_;
  bool controller_;
  std::vector<stopped> stopped_;
  std::map<std::string, std::vector<clock::time_point>> times_;
  std::map<std::string, int> done_;
};

} // namespace chaos
