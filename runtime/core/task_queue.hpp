#pragma once
// The waiting tasks of the task scheduler's core, and whose turn it is.

#include "runtime/core/task_parts.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor::core {

/// Among tasks that the same engines may run: higher priority first; between clients a fair share by the work given
/// (start-time fair queueing); within a client in order of submission. With one client it costs what a list costs.
class task_queue {
public:
  task_queue() = default;
  task_queue(const task_queue&) = delete;
  task_queue& operator=(const task_queue&) = delete;

  using engine_table = std::unordered_map<int, parts::engine>;
  /// The group of tasks for these engines. @return null if none of them is known
  parts::group* group_for(std::vector<int> allowed, std::vector<int> excluded, engine_table& engines);
  void engine_joined(parts::engine& e);
  void engine_lost(const parts::engine& e);
  /// Groups whose engines are all gone; tasks of theirs wait in vain.
  [[nodiscard]] std::vector<parts::group*> abandoned();

  /// The account of a client, whose tasks or flows keep it.
  parts::share& share_of(std::uint32_t client);
  /// Null if it has no tasks.
  parts::share* find_share(std::uint32_t client);
  /// Counts a task to its flow, which it has until leave().
  void enter(parts::entry& e, parts::group& g, std::uint32_t client, std::int32_t priority);
  /// The entry is done with its flow. @pre it does not wait
  void leave(parts::entry& e);

  void push(parts::entry& e) { insert(e, nullptr); }
  /// Back to where it stood in the order of submission: near the front, the back or the last one that was put back.
  void put_back(parts::entry& e);
  void take(parts::entry& e);
  /// The task's share is given this much work, as far as is known.
  void charge(parts::entry& e, std::int64_t work);
  /// The task used this much of it.
  void settle(parts::entry& e, std::int64_t work);

  /// Groups in which something waits.
  [[nodiscard]] std::span<parts::group* const> active() const noexcept { return active_; }
  /// Whose turn it is in an active group; null if all that wait there are paused.
  [[nodiscard]] parts::flow* first(parts::group& g);
  void pause(std::uint32_t client);
  void resume(std::uint32_t client);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  using key = std::pair<std::vector<int>, std::vector<int>>;
  void insert(parts::entry& e, parts::entry* before);
  void add_work(parts::share& s, std::int64_t work);
  void make_ready(parts::flow& f);
  static void come_forward(parts::flow& f);
  void activate(parts::group& g);
  void deactivate(parts::group& g);
  void sweep(parts::group& g);
  void drop(parts::flow& f);

  parts::group everywhere_;
  std::map<key, parts::group> restricted_;
  std::vector<parts::group*> active_;
  std::unordered_map<std::uint32_t, parts::share> shares_;
  std::pair<parts::group*, parts::flow*> recent_{}; // where the last task entered
  std::int64_t served_ = 0;                         // of the share that was given a task last, without what it runs
  std::size_t size_ = 0;
};

} // namespace pactor::core
