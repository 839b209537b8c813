#pragma once
// A client's tasks that have not ended, by their numbers.

#include "pactor/detail/session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace pactor {

/// Slots that are used again, each time under another number: an outcome that comes late or twice finds nothing.
class open_tasks {
public:
  /// What is needed to hand a task in once more.
  struct submission {
    enum class way : std::uint8_t { none, direct, balanced };
    way how = way::none; ///< none: it can't be
    std::int32_t engine = -1;
    detail::slice payload{};
    std::shared_ptr<const std::vector<int>> allowed{}; ///< null: all
    std::uint32_t sent = 0; ///< to which life of the controller first, from 1; 0: none may have it
  };
  struct task {
    std::shared_ptr<detail::call> call; ///< null: the slot is free
    std::uint32_t index = 0;            ///< of the task in its call
    std::uint32_t generation = 0;       ///< of the slot
    std::uint64_t shared = 0;           ///< handle of a payload that went by a lane; 0: none
    std::uint64_t weight = 0;           ///< bytes of payload that it stands for
    std::uint64_t sequence = 0;         ///< of submission
    submission given{};
    std::uint8_t ordered = 0; ///< 1 + the end_how by which it was told to end; 0: it was not
    bool arriving = false;    ///< it has ended, and its result is on its way by a lane
  };

  /// @return the task's number
  std::uint64_t enter(const std::shared_ptr<detail::call>& c, std::size_t index, std::uint64_t shared,
                      submission given) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const auto slot = free_.back();
    free_.pop_back();
    auto& t = slots_[slot];
    t.call = c;
    t.index = static_cast<std::uint32_t>(index);
    t.shared = shared;
    t.sequence = ++entered_;
    t.given = std::move(given);
    const auto number = std::uint64_t{t.generation} << 32 | slot;
    if (index < c->ids.size()) c->ids[index] = number;
    return number;
  }

  /// A list of engines, kept once for tasks that follow each other; null for an empty one.
  std::shared_ptr<const std::vector<int>> shared(std::span<const int> allowed) {
    if (allowed.empty()) return nullptr;
    if (!allowed_ || !std::ranges::equal(*allowed_, allowed))
      allowed_ = std::make_shared<const std::vector<int>>(allowed.begin(), allowed.end());
    return allowed_;
  }

  /// A task stands for so many bytes. @pre it is there
  void weigh(std::uint64_t number, std::uint64_t bytes) {
    slots_[static_cast<std::uint32_t>(number)].weight = bytes;
    weight_ += bytes;
  }
  /// Of all tasks.
  [[nodiscard]] std::uint64_t weight() const noexcept { return weight_; }
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size() - free_.size(); }

  /// Null if there is no such task any more. Valid until the next call of enter().
  [[nodiscard]] const task* find(std::uint64_t number) const {
    const auto slot = static_cast<std::uint32_t>(number);
    const auto known = slot < slots_.size() && slots_[slot].call && slots_[slot].generation == number >> 32;
    return known ? &slots_[slot] : nullptr;
  }

  /// The same, to be changed.
  [[nodiscard]] task* find(std::uint64_t number) { return const_cast<task*>(std::as_const(*this).find(number)); }
  /// All of them, with their numbers, in the order of submission. Valid until the next call of enter().
  [[nodiscard]] std::vector<std::pair<std::uint64_t, task*>> in_order() {
    std::vector<std::pair<std::uint64_t, task*>> all;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      if (auto& t = slots_[slot]; t.call) all.emplace_back(std::uint64_t{t.generation} << 32 | slot, &t);
    std::ranges::sort(all, {}, [](const auto& entry) { return entry.second->sequence; });
    return all;
  }

  /// Takes a task out.
  std::optional<task> leave(std::uint64_t number) {
    if (!find(number)) return std::nullopt;
    const auto slot = static_cast<std::uint32_t>(number);
    auto& t = slots_[slot];
    auto result = std::move(t);
    t = task{nullptr, 0, result.generation + 1};
    weight_ -= result.weight;
    free_.push_back(slot);
    return result;
  }

  /// Takes all out, for good.
  std::vector<task> leave_all() {
    std::vector<task> all;
    for (auto& t : slots_)
      if (t.call) all.push_back(std::move(t));
    slots_.clear();
    free_.clear();
    weight_ = 0;
    return all;
  }

  [[nodiscard]] bool empty() const noexcept { return free_.size() == slots_.size(); }

private:
  std::vector<task> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t weight_ = 0;
  std::shared_ptr<const std::vector<int>> allowed_; // of the last task that had some
  std::uint64_t entered_ = 0;
};

} // namespace pactor
