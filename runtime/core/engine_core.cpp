#include "runtime/core/engine_core.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace pactor::core {

std::string_view to_string(engine_status s) noexcept {
  constexpr std::array<std::string_view, 6> names{"starting", "idle", "busy", "restarting", "given up", "shut down"};
  static_assert(names.size() == static_cast<std::size_t>(engine_status::shut_down) + 1);
  return names[static_cast<std::size_t>(s)];
}

std::size_t engine_core::share::first_ready_balanced() const noexcept {
  if (not_ready == balanced.size()) return balanced.size();
  std::size_t at = 0;
  while (!balanced[at].task.ready) ++at;
  return at;
}

std::pair<ring<engine_core::waiting>*, std::size_t> engine_core::share::first() noexcept {
  const auto is_directed = !directed.empty() && directed.front().task.ready;
  const auto at = first_ready_balanced();
  const auto is_balanced = at < balanced.size();
  if (!is_directed && !is_balanced) return {nullptr, 0};
  if (is_directed && (!is_balanced || directed.front().arrival < balanced[at].arrival)) return {&directed, 0};
  return {&balanced, at};
}

engine_core::waiting engine_core::share::take(ring<waiting>& queue, std::size_t at) {
  auto out = at + 1 == queue.size() ? queue.pop_back() : queue.take(at);
  if (!out.task.directed && !out.task.ready) --not_ready;
  return out;
}

engine_core::share& engine_core::share_of(std::uint32_t client) {
  for (auto& s : shares_)
    if (s.client == client) return s;
  forget_empty();
  shares_.push_back({});
  shares_.back().client = client;
  return shares_.back();
}

/// A few may stay: their memory is used again as soon as their client's next task comes.
void engine_core::forget_empty() {
  constexpr std::size_t few = 8;
  if (shares_.size() < few) return;
  std::erase_if(shares_, [](const share& s) { return s.empty(); });
  turn_ = 0;
}

bool engine_core::push(engine_task t) {
  if (ended()) return false;
  auto& s = share_of(t.owner.client);
  if (!t.directed && !t.ready) ++s.not_ready;
  auto& queue = t.directed ? s.directed : s.balanced;
  queue.push_back({std::move(t), ++arrivals_});
  ++waiting_;
  return true;
}

void engine_core::set_ready(task_ref t, detail::slice payload) {
  const auto found = find(t);
  if (!found) return;
  auto& task = (*found.queue)[found.at].task;
  if (!task.directed && !task.ready) --found.of->not_ready;
  task.ready = true;
  if (payload.size > 0) task.payload = std::move(payload);
}

std::optional<engine_task> engine_core::next() {
  if (worker_ != worker::ready || waiting_ == 0) return std::nullopt;
  if (!held_.empty() && (work_held_ >= pace_.target() || bytes_held_ >= most_bytes_held)) return std::nullopt;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const auto whose = turn_ + i < shares_.size() ? turn_ + i : turn_ + i - shares_.size();
    auto& s = shares_[whose];
    const auto [queue, at] = s.first();
    if (!queue) continue;
    turn_ = whose; // it is its turn until there is room
    const auto size = (*queue)[at].task.payload.size;
    if (!held_.empty() && bytes_held_ + size > most_bytes_held) return std::nullopt;
    auto task = s.take(*queue, at).task;
    --waiting_;
    turn_ = whose + 1 < shares_.size() ? whose + 1 : 0;
    const auto cost = pace_.cost(task.kind, 0);
    held_.push_back({{task.id, task.directed}, task.kind, cost, size, ++handed_out_, task.owner});
    work_held_ += cost;
    bytes_held_ += size;
    return task;
  }
  return std::nullopt;
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
  const auto found = find(t);
  if (!found) return false;
  (void)found.of->take(*found.queue, found.at);
  --waiting_;
  return true;
}

std::vector<engine_core::withdrawn> engine_core::withdraw(std::span<const std::uint64_t> ids, bool directed) {
  constexpr std::size_t few = 4;
  std::vector<withdrawn> result;
  if (ids.size() <= few) {
    for (const auto id : ids) {
      const task_ref t{id, directed};
      const auto whose = owner_of(t);
      if (withdraw(t)) result.push_back({t, whose});
    }
    return result;
  }
  const std::unordered_set<std::uint64_t> wanted{ids.begin(), ids.end()};
  for (auto& s : shares_) {
    auto& queue = directed ? s.directed : s.balanced;
    ring<waiting> left;
    while (!queue.empty()) {
      auto w = queue.pop_front();
      if (!wanted.contains(w.task.id)) {
        left.push_back(std::move(w));
        continue;
      }
      if (!directed && !w.task.ready) --s.not_ready;
      result.push_back({{w.task.id, directed}, w.task.owner});
    }
    queue = std::move(left);
  }
  waiting_ -= result.size();
  return result;
}

std::uint64_t engine_core::ordinal_of(task_ref t) noexcept {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].task == t) return held_[i].ordinal;
  return 0;
}

std::vector<engine_core::presence> engine_core::tasks() const {
  std::vector<presence> result;
  for (std::size_t i = 0; i < held_.size(); ++i) result.push_back({held_[i].task, held_[i].owner, true});
  for (const auto& s : shares_)
    for (const auto* queue : {&s.directed, &s.balanced})
      for (std::size_t i = 0; i < queue->size(); ++i) {
        const auto& t = (*queue)[i].task;
        result.push_back({{t.id, t.directed}, t.owner, false});
      }
  return result;
}

owner engine_core::owner_of(task_ref t) {
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i].task == t) return held_[i].owner;
  const auto found = find(t);
  return found ? (*found.queue)[found.at].task.owner : owner{};
}

std::vector<task_ref> engine_core::take_incomplete() {
  std::vector<task_ref> result;
  for (auto& s : shares_) {
    std::size_t whole = 0;
    while (whole < s.directed.size() && s.directed[whole].task.ready) ++whole;
    while (s.directed.size() > whole) result.push_back({s.directed.pop_back().task.id, true});
    for (std::size_t at = s.balanced.size(); at > 0; --at)
      if (!s.balanced[at - 1].task.ready) result.push_back({s.take(s.balanced, at - 1).task.id, false});
  }
  waiting_ -= result.size();
  return result;
}

std::vector<std::uint64_t> engine_core::take_back(std::size_t most) {
  std::vector<std::uint64_t> result;
  while (result.size() < most) {
    share* last = nullptr;
    for (auto& s : shares_)
      if (!s.balanced.empty() &&
          (!last || s.balanced[s.balanced.size() - 1].arrival > last->balanced[last->balanced.size() - 1].arrival))
        last = &s;
    if (!last) break;
    result.push_back(last->take(last->balanced, last->balanced.size() - 1).task.id);
    --waiting_;
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
  if (worker_ == worker::ready) drain(true, result.unstarted_directed);
  drain(false, result.unstarted_balanced);
  worker_ = worker::restarting;
  return result;
}

engine_core::loss engine_core::end(worker how) {
  auto result = worker_lost();
  drain(true, result.unstarted_directed);
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

engine_core::place engine_core::find(task_ref t) noexcept {
  for (auto& s : shares_) {
    auto& queue = t.directed ? s.directed : s.balanced;
    for (std::size_t at = 0; at < queue.size(); ++at)
      if (queue[at].task.id == t.id) return {&s, &queue, at};
  }
  return {};
}

/// In order of arrival, whoever they are of.
void engine_core::drain(bool directed, std::vector<std::uint64_t>& into) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all; // arrival and id
  for (auto& s : shares_) {
    auto& queue = directed ? s.directed : s.balanced;
    while (!queue.empty()) {
      const auto out = s.take(queue, 0);
      all.emplace_back(out.arrival, out.task.id);
    }
  }
  waiting_ -= all.size();
  std::sort(all.begin(), all.end());
  for (const auto& [arrival, id] : all) into.push_back(id);
}

} // namespace pactor::core
