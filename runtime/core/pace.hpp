#pragma once
// How much work to give ahead: from the durations seen, how many tasks hide the way to the one who runs them.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pactor::core {

/// Estimates tasks by their kind (any number that is the same for calls of the same job), so that short tasks are
/// handed out many ahead while long ones, and those of which nothing is known yet, go one at a time: a task that waits
/// behind a long one could have run elsewhere.
///
/// The receiver's load is the sum of the costs of what it holds; it gets more while that is below limits::target.
class pace {
public:
  struct limits {
    std::chrono::nanoseconds target;    ///< of work to hold: what hides the way there and back
    std::int64_t most;                  ///< tasks to hold, however short they are
    std::chrono::nanoseconds solo_from; ///< tasks from this duration on are held one at a time
  };
  explicit pace(limits l) noexcept : limits_{l} { means_.fill(unknown); }

  /// What a task counts for the one who holds it, in ns: at least target / most, at most target.
  /// @param bytes  of its payload; carrying it also takes time
  [[nodiscard]] std::int64_t cost(std::uint32_t kind, std::uint64_t bytes) const noexcept;

  /// How long a task of this kind takes, as far as is known; unknown ones count as long.
  [[nodiscard]] std::chrono::nanoseconds expected(std::uint32_t kind) const noexcept {
    const auto mean = means_[kind % means_.size()];
    return mean == unknown ? limits_.solo_from : std::chrono::nanoseconds{mean};
  }

  /// A task of this kind took this long.
  void learn(std::uint32_t kind, std::chrono::nanoseconds run_time) noexcept;

  [[nodiscard]] std::int64_t target() const noexcept { return limits_.target.count(); }
  /// How many tasks of one kind, without payload, an idle receiver is given.
  [[nodiscard]] std::size_t window(std::uint32_t kind) const noexcept;

private:
  static constexpr std::int64_t unknown = -1;
  // Kinds that fall into one class share their estimate: harmless, and the memory is bounded whatever clients send.
  std::array<std::int64_t, 256> means_;
  limits limits_;
};

} // namespace pactor::core
