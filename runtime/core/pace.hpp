#pragma once
// How much work to give ahead: from the durations seen, how many tasks hide the way to the one who runs them.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pactor::core {

/// How long a task ran, by the times that another process tells: whatever these are, from 0 to 30 days.
/// @param started, completed nanoseconds since the epoch
constexpr std::chrono::nanoseconds run_time(std::int64_t started, std::int64_t completed) noexcept {
  constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 30};
  if (completed <= started) return {};
  const auto took = static_cast<std::uint64_t>(completed) - static_cast<std::uint64_t>(started);
  return std::chrono::nanoseconds{std::min(took, static_cast<std::uint64_t>(longest.count()))};
}

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
  explicit pace(limits l) noexcept;

  /// What a task counts for the one who holds it, in ns: at least target / most, at most target.
  /// @param bytes  of its payload; carrying it also takes time
  [[nodiscard]] std::int64_t cost(std::uint32_t kind, std::uint64_t bytes) const noexcept;

  /// What a task will use of who runs it, as far as is known, in ns: for shares, so however long it is.
  [[nodiscard]] std::int64_t work(std::uint32_t kind, std::uint64_t bytes) const noexcept {
    const auto mean = means_[kind % means_.size()];
    return std::max(mean == unknown ? target() : mean, least_work(bytes));
  }
  /// What it did use.
  [[nodiscard]] std::int64_t work_done(std::chrono::nanoseconds run_time, std::uint64_t bytes) const noexcept {
    return std::clamp(std::int64_t{run_time.count()}, least_work(bytes), most_work);
  }

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
  static constexpr std::int64_t most_work = std::int64_t{10} * 24 * 3600 * 1'000'000'000; // others measured it
  // Per byte, on the way to a worker: measured 0.3 to 1 GB/s.
  static constexpr std::int64_t ns_per_byte = 1;
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40;

  static std::int64_t carrying(std::uint64_t bytes) noexcept {
    return static_cast<std::int64_t>(std::min(bytes, most_bytes)) * ns_per_byte;
  }
  /// The empty task costs something, too.
  [[nodiscard]] std::int64_t least_work(std::uint64_t bytes) const noexcept {
    return std::max(least_, carrying(bytes));
  }
  // Kinds that fall into one class share their estimate: harmless, and the memory is bounded whatever clients send.
  std::array<std::int64_t, 256> means_;
  limits limits_;
  std::int64_t least_, most_ahead_, solo_factor_; // computed once: divisions are slow
};

} // namespace pactor::core
