#include "runtime/core/engine_core.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pactor::core {

std::string_view to_string(engine_status s) noexcept {
  constexpr std::array<std::string_view, 6> names{"starting", "idle", "busy", "restarting", "given up", "shut down"};
  static_assert(names.size() == static_cast<std::size_t>(engine_status::shut_down) + 1);
  return names[static_cast<std::size_t>(s)];
}

bool engine_core::push(engine_task t) {
  if (ended()) return false;
  if (!t.directed && !t.ready) ++not_ready_;
  auto& queue = t.directed ? directed_ : balanced_;
  queue.push_back({std::move(t), ++arrivals_});
  return true;
}

void engine_core::set_ready(task_ref t, detail::slice payload) {
  auto& queue = queue_of(t);
  const auto at = find(queue, t.id);
  if (at == queue.size()) return;
  auto& task = queue[at].task;
  if (!task.directed && !task.ready) --not_ready_;
  task.ready = true;
  if (payload.size > 0) task.payload = std::move(payload);
}

std::optional<engine_task> engine_core::next() {
  if (worker_ != worker::ready) return std::nullopt;
  if (!held_.empty() && (work_held_ >= pace_.target() || bytes_held_ >= most_bytes_held)) return std::nullopt;
  const auto directed = !directed_.empty() && directed_.front().task.ready;
  const auto at = first_ready_balanced();
  const auto balanced = at < balanced_.size();
  if (!directed && !balanced) return std::nullopt;

  const auto take_directed = directed && (!balanced || directed_.front().arrival < balanced_[at].arrival);
  const auto size = (take_directed ? directed_.front() : balanced_[at]).task.payload.size;
  if (!held_.empty() && bytes_held_ + size > most_bytes_held) return std::nullopt;
  auto task = (take_directed ? directed_.pop_front() : balanced_.take(at)).task;
  const auto cost = pace_.cost(task.kind, 0);
  held_.push_back({{task.id, task.directed}, task.kind, cost, size, ++handed_out_, task.owner});
  work_held_ += cost;
  bytes_held_ += size;
  return task;
}

bool engine_core::finished(task_ref t, std::chrono::nanoseconds run_time) {
  for (std::size_t i = 0; i < held_.size(); ++i) { // outcomes come in order: it is the first
    if (held_[i].task != t) continue;
    const auto done = held_.take(i);
    work_held_ -= done.cost;
    bytes_held_ -= done.bytes;
    if (run_time >= std::chrono::nanoseconds{0}) pace_.learn(done.kind, run_time);
    ++completed_;
    return true;
  }
  return false;
}

bool engine_core::withdraw(task_ref t) {
  auto& queue = queue_of(t);
  const auto at = find(queue, t.id);
  if (at == queue.size()) return false;
  if (const auto out = queue.take(at).task; !out.directed && !out.ready) --not_ready_;
  return true;
}

std::uint64_t engine_core::ordinal_of(task_ref t) noexcept {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].task == t) return held_[i].ordinal;
  return 0;
}

std::vector<engine_core::presence> engine_core::tasks() const {
  std::vector<presence> result;
  for (std::size_t i = 0; i < held_.size(); ++i) result.push_back({held_[i].task, held_[i].owner, true});
  for (const auto* queue : {&directed_, &balanced_})
    for (std::size_t i = 0; i < queue->size(); ++i) {
      const auto& t = (*queue)[i].task;
      result.push_back({{t.id, t.directed}, t.owner, false});
    }
  return result;
}

owner engine_core::owner_of(task_ref t) const {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].task == t) return held_[i].owner;
  const auto& queue = t.directed ? directed_ : balanced_;
  const auto at = find(queue, t.id);
  return at == queue.size() ? owner{} : queue[at].task.owner;
}

std::vector<task_ref> engine_core::take_incomplete() {
  std::vector<task_ref> result;
  std::size_t whole = 0;
  while (whole < directed_.size() && directed_[whole].task.ready) ++whole;
  while (directed_.size() > whole) result.push_back({directed_.pop_back().task.id, true});
  for (std::size_t at = balanced_.size(); at > 0; --at) {
    if (balanced_[at - 1].task.ready) continue;
    result.push_back({balanced_.take(at - 1).task.id, false});
    --not_ready_;
  }
  return result;
}

std::vector<std::uint64_t> engine_core::take_back(std::size_t most) {
  std::vector<std::uint64_t> result;
  while (result.size() < most && !balanced_.empty()) {
    const auto out = balanced_.pop_back().task;
    if (!out.ready) --not_ready_;
    result.push_back(out.id);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

void engine_core::worker_ready() {
  if (ended()) return;
  if (worker_ == worker::restarting) ++restarts_;
  worker_ = worker::ready;
}

engine_core::loss engine_core::worker_lost() {
  if (ended()) return {};
  loss result;
  if (!held_.empty()) result.executing = held_.pop_front().task;
  while (!held_.empty()) {
    const auto task = held_.pop_front().task;
    (task.directed ? result.unstarted_directed : result.unstarted_balanced).push_back(task.id);
  }
  work_held_ = 0;
  bytes_held_ = 0;
  handed_out_ = 0;
  if (worker_ == worker::ready) drain(directed_, result.unstarted_directed);
  drain(balanced_, result.unstarted_balanced);
  not_ready_ = 0;
  worker_ = worker::restarting;
  return result;
}

engine_core::loss engine_core::end(worker how) {
  auto result = worker_lost();
  drain(directed_, result.unstarted_directed);
  worker_ = how;
  return result;
}

engine_status engine_core::status() const noexcept {
  switch (worker_) {
  case worker::starting:
    return engine_status::starting;
  case worker::restarting:
    return engine_status::restarting;
  case worker::given_up:
    return engine_status::given_up;
  case worker::shut_down:
    return engine_status::shut_down;
  case worker::ready:
    break;
  }
  return held_.empty() ? engine_status::idle : engine_status::busy;
}

std::optional<task_ref> engine_core::executing() const {
  return held_.empty() ? std::nullopt : std::optional{held_.front().task};
}

std::size_t engine_core::first_ready_balanced() const noexcept {
  if (not_ready_ == balanced_.size()) return balanced_.size();
  std::size_t at = 0;
  while (!balanced_[at].task.ready) ++at;
  return at;
}

/// @return the place in the queue; its size if it is not there
std::size_t engine_core::find(const ring<waiting>& queue, std::uint64_t id) noexcept {
  std::size_t at = 0;
  while (at < queue.size() && queue[at].task.id != id) ++at;
  return at;
}

void engine_core::drain(ring<waiting>& queue, std::vector<std::uint64_t>& into) {
  while (!queue.empty()) into.push_back(queue.pop_front().task.id);
}

} // namespace pactor::core
