#pragma once
// What people are told of tasks that the schedulers have, or had not long ago: `pactor tasks`.

#include "runtime/core/owner.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor::core {

/// A task that has not ended.
struct open_task {
  owner task;
  std::uint32_t kind = 0; ///< the same for calls of the same job
  std::chrono::steady_clock::time_point submitted{};
  int engine = -1; ///< that has it; -1: none yet
};

/// The tasks that ended last, and names for those that have not. Bounded, and a few stores a task: the cores say which
/// task they let go, and then their scheduler what became of it.
class task_log {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param most tasks that have ended; older ones are forgotten
  explicit task_log(std::size_t most = 1000) noexcept : most_{most} {}

  /// Tasks of this kind are calls of `job`.
  void name(std::uint32_t kind, std::string_view job) {
    if (kind != last_kind_ || names_.empty()) remember(kind, job);
  }
  /// "" if it is not known.
  [[nodiscard]] std::string_view job_of(std::uint32_t kind) const;
  /// What a task that has not ended is called.
  void label(const owner& task, const std::string& label);
  [[nodiscard]] std::string_view label_of(const owner& task) const;

  /// How many tasks have one.
  [[nodiscard]] std::size_t labels() const noexcept { return labels_.size(); }

  /// A core has no such task any more.
  void left(const open_task& t) {
    if (t.task.client != 0) left_.push_back(t); // else it is kept, and its history knows more
  }
  /// How it ended.
  struct end {
    bool ok = false;
    int engine = -1;
    std::int64_t started = 0, completed = 0; ///< nanoseconds since the epoch, by the engine's clock; 0: it never ran
  };
  void ended(const owner& task, const end& how);
  /// The cores were told whatever was to be told of those that left.
  void settle() {
    left_.clear();
    told_ = 0;
  }
  void client_gone(std::uint32_t client);

  /// A task that has ended.
  struct entry {
    open_task what;
    end how;
    std::string label{};
  };
  /// Calls f(entry), the oldest first.
  template <class F>
  void for_each_ended(F&& f) const {
    for (std::size_t i = 0; i < ended_.size(); ++i) f(ended_[(next_ + i) % ended_.size()]);
  }

private:
  static constexpr std::size_t most_names = 10'000;
  void remember(std::uint32_t kind, std::string_view job);

  std::size_t most_;
  std::vector<entry> ended_;
  std::size_t next_ = 0; // the place of the oldest one, once all are taken
  std::vector<open_task> left_;
  std::size_t told_ = 0; // of these
  std::uint32_t last_kind_ = 0;
  std::unordered_map<std::uint32_t, std::string> names_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> labels_; // by client and its number
};

} // namespace pactor::core
