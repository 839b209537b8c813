#pragma once
// Whether and when a host's node is started again.

#include "runtime/core/restart_policy.hpp"

namespace pactor::core {

/// A node that dies too often is given up. A host that can't be reached is not to blame for it: it is tried for as
/// long as the cluster lives, with growing waits, since it may have been cut off or be starting.
class host_restarts {
public:
  using time_point = restart_policy::time_point;

  explicit host_restarts(restart_policy::limits deaths,
                         backoff away = {std::chrono::seconds{1}, std::chrono::seconds{30}})
      : deaths_{deaths}, away_{away} {}

  /// @param reached  a node ran there; false: it never came to that
  [[nodiscard]] restart_decision ended(time_point now, bool reached, std::mt19937& chance) {
    if (!reached) return wait{away_.wait(attempts_++, chance)};
    attempts_ = 0;
    return deaths_.died(now, chance);
  }
  /// Its engines are there.
  void up() noexcept { attempts_ = 0; }
  /// Deaths that count at present.
  [[nodiscard]] std::size_t recent() const noexcept { return deaths_.recent(); }

private:
  restart_policy deaths_;
  backoff away_;
  unsigned attempts_ = 0;
};

} // namespace pactor::core
