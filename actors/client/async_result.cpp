#include "pactor/detail/outcomes.hpp"
#include "pactor/detail/submission.hpp"
#include "pactor/task_id.hpp"
#include "pactor/wait.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace pactor {

std::string_view to_string(task_info::state_type state) {
  static constexpr std::array<std::string_view, 3> names{"pending", "finished", "failed"};
  return names.at(static_cast<std::size_t>(state));
}

namespace detail {

namespace {

/// @pre ready
bool all_well(const call& tasks) { return !tasks.failed(); }

/// @pre ready
clock::time_point last_received(const call& tasks) {
  auto last = tasks.submitted();
  for (std::size_t i = 0; i < tasks.size(); ++i) last = std::max(last, tasks.at(i).received);
  return last;
}

std::string not_ready(const call& tasks) {
  return "result not ready: " + tasks.job() + ", " + std::to_string(tasks.done()) + " of " +
         std::to_string(tasks.size()) + (tasks.size() == 1 ? " task" : " tasks") + " done";
}

} // namespace

deadline after(seconds span) {
  const auto now = std::chrono::steady_clock::now();
  if (span.count() <= 0) return now;
  if (span >= deadline::max() - now) return deadline::max();
  return now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(span);
}

bool async_result_base::successful() const {
  const auto& tasks = *state_->tasks;
  if (!tasks.ready()) throw error{ec::invalid_argument, "cannot tell yet whether it succeeded: " + not_ready(tasks)};
  return all_well(tasks);
}

std::vector<std::string> async_result_base::names() const {
  std::vector<std::string> all;
  for (const auto id : ids()) all.push_back(to_string(task_id{state_->link->number(), id}));
  return all;
}

void async_result_base::end(end_how how) const {
  const auto& tasks = *state_->tasks;
  std::vector<std::uint64_t> open;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    if (!tasks.ready(i)) open.push_back(tasks.ids[i]);
  if (open.empty()) throw error{ec::invalid_argument, "nothing to abort: " + job() + " is done"};
  state_->link->end_tasks(open, how);
}

std::vector<int> async_result_base::engine_ids() const {
  const auto& tasks = *state_->tasks;
  std::vector<int> engines(tasks.size(), -1);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    if (tasks.ready(i)) engines[i] = tasks.at(i).engine;
  return engines;
}

std::vector<int> async_result_base::element_engine_ids() const {
  std::vector<int> engines;
  engines.reserve(size());
  const auto of_tasks = engine_ids();
  for (std::size_t i = 0; i < of_tasks.size(); ++i) engines.insert(engines.end(), state_->elements(i), of_tasks[i]);
  return engines;
}

std::vector<task_info> async_result_base::tasks() const {
  const auto& tasks = *state_->tasks;
  std::vector<task_info> result(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto& info = result[i];
    info.id = tasks.ids[i];
    info.submitted = tasks.submitted();
    if (!tasks.ready(i)) continue;
    const auto& o = tasks.at(i);
    info.engine = o.engine;
    info.pid = o.pid;
    if (o.engine >= 0) info.host = state_->link->host_of(o.engine);
    info.state = is_result(o) ? task_info::state_type::finished : task_info::state_type::failed;
    info.started = o.started;
    info.completed = o.completed;
    info.received = o.received;
  }
  return result;
}

std::size_t async_result_base::size() const {
  return state_->first_element.empty() ? state_->tasks->size() : state_->first_element.back();
}

std::size_t async_result_base::progress() const {
  const auto& tasks = *state_->tasks;
  if (tasks.ready()) return size();
  if (state_->first_element.empty()) return tasks.done();
  std::size_t elements = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i)
    if (tasks.ready(i)) elements += state_->elements(i);
  return elements;
}

seconds async_result_base::elapsed() const {
  const auto& tasks = *state_->tasks;
  return (tasks.ready() ? last_received(tasks) : clock::now()) - tasks.submitted();
}

seconds async_result_base::wall_time() const {
  require_ready(after(seconds{0}));
  return elapsed();
}

seconds async_result_base::serial_time() const {
  require_ready(after(seconds{0}));
  const auto& tasks = *state_->tasks;
  clock::duration sum{};
  for (std::size_t i = 0; i < tasks.size(); ++i) sum += tasks.at(i).completed - tasks.at(i).started;
  return sum;
}

std::ostream& operator<<(std::ostream& out, const async_result_base& r) {
  const auto* state = !r.ready() ? "pending" : r.successful() ? "finished" : "failed";
  return out << "<async_result(" << r.job() << "): " << state << '>';
}

void async_result_base::check() const {
  const auto& tasks = *state_->tasks;
  tasks.wait();
  if (tasks.failed()) check_so_far();
}

void async_result_base::check_so_far() const {
  const auto& tasks = *state_->tasks;
  std::vector<failure> all;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!tasks.ready(i)) continue;
    for (auto& [element, f] : failures_of(tasks.at(i))) all.push_back(std::move(f));
  }
  if (all.empty()) return;
  if (all.size() == 1) raise(all.front());
  throw composite_error{std::move(all)};
}

bool async_result_base::wait(seconds timeout, return_when when) const {
  const auto& tasks = *state_->tasks;
  if (when == return_when::all_completed) return wait(timeout);
  if (when == return_when::first_completed) return tasks.size() == 0 || tasks.wait_arrival(0, after(timeout));
  const any_result self{*this};
  return pactor::wait(std::span{&self, 1}, when, timeout).pending.empty() || tasks.failed();
}

void async_result_base::when_done(std::function<void()> f) const {
  // The observer runs where the sockets are read: nothing that it holds may be the last owner of the session there.
  state_->tasks->observe([queue = state_->link->callbacks(), state = state_, f = std::move(f)]() mutable {
    if (!state->tasks->ready()) return false;
    queue->post([kept = std::exchange(state, nullptr), g = std::exchange(f, {})] { g(); });
    return true;
  });
}

std::pair<std::size_t, std::size_t> async_result_base::locate(std::size_t index) const {
  if (index >= size())
    throw error{ec::invalid_argument, "no result " + std::to_string(index) + ": there are " + std::to_string(size())};
  const auto& starts = state_->first_element;
  if (starts.empty()) return {index, 0};
  const auto task = static_cast<std::size_t>(std::ranges::upper_bound(starts, index) - starts.begin()) - 1;
  return {task, index - starts[task]};
}

void async_result_base::require_ready(deadline until) const {
  const auto& tasks = *state_->tasks;
  if (!tasks.wait_until(until)) throw timeout_error{not_ready(tasks)};
}

void async_result_base::refuse_dictionary(int engine) const {
  const auto& tasks = *state_->tasks;
  std::size_t ran = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) ran += tasks.at(i).engine == engine ? 1 : 0;
  throw error{ec::invalid_argument, "no dictionary by engine: " + std::to_string(ran) + " tasks of " + job() +
                                        " ran on engine " + std::to_string(engine)};
}

} // namespace detail
} // namespace pactor
