#include "pactor/detail/session.hpp"

#include "runtime/core/watch_time.hpp"
#include "runtime/wire/records.hpp"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace pactor::detail {

namespace {
constexpr auto forever = std::chrono::steady_clock::time_point::max();
}

call::call(std::size_t tasks, std::string job, std::shared_ptr<const task_options> options)
    : ids(tasks), outcomes_(tasks), job_{std::move(job)}, options_{std::move(options)} {
  if (tasks > 1) arrivals_.reserve(tasks);
}

bool call::ready(std::size_t index) const {
  if (ready()) return true;
  const std::lock_guard lock{mutex_};
  return outcomes_[index].kind != 0;
}

void call::travels_alone(std::shared_ptr<core::watch_time> w) {
  watch_ = std::move(w);
  sent_ = std::chrono::steady_clock::now();
}

bool call::watch(std::chrono::steady_clock::time_point deadline) const {
  if (!watch_ || ready()) return ready();
  // Who waits for a long task again and again sleeps in between. Others that are ready to run go first: the task itself
  // may be among them.
  const auto until = std::min(deadline, sent_ + watch_->worth());
  while (std::chrono::steady_clock::now() < until && !ready()) std::this_thread::yield();
  return ready();
}

template <class Done>
bool call::wait_for_some(std::chrono::steady_clock::time_point deadline, Done done) const {
  std::unique_lock lock{mutex_};
  ++impatient_;
  const auto in_time =
      deadline == forever ? (changed_.wait(lock, done), true) : changed_.wait_until(lock, deadline, done);
  --impatient_;
  return in_time;
}

bool call::wait_until(std::chrono::steady_clock::time_point deadline) const {
  if (deadline == forever) {
    wait();
    return true;
  }
  if (watch(deadline)) return true;
  std::unique_lock lock{mutex_};
  return changed_.wait_until(lock, deadline, [this] { return ready(); });
}

void call::wait() const {
  if (watch(forever)) return;
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return ready(); });
}

bool call::wait_until(std::size_t index, std::chrono::steady_clock::time_point deadline) const {
  if (watch(deadline)) return true;
  return wait_for_some(deadline, [&] { return outcomes_[index].kind != 0; });
}

std::optional<std::size_t> call::wait_arrival(std::size_t nth, std::chrono::steady_clock::time_point deadline) const {
  if (nth >= size()) return std::nullopt;
  if (!watch(deadline) && !wait_for_some(deadline, [&] { return done() > nth; })) return std::nullopt;
  return size() > 1 ? arrivals_[nth] : 0;
}

void call::settle(std::size_t index, outcome o) {
  bool wake = false, observed = false;
  std::shared_ptr<const task_options> unneeded; // what the tasks depended on is let go, so that chains do not pile up
  {
    const std::lock_guard lock{mutex_};
    if (index >= outcomes_.size() || outcomes_[index].kind != 0 || o.kind == 0) return;
    if (o.kind != static_cast<std::uint16_t>(wire::record_kind::result)) failed_.store(true, std::memory_order_release);
    if (watch_) watch_->took(o.received - submitted_);
    outcomes_[index] = std::move(o);
    if (size() > 1) arrivals_.push_back(static_cast<std::uint32_t>(index));
    const auto done = done_.load(std::memory_order_relaxed) + 1;
    done_.store(done, std::memory_order_release);
    // A map of thousands of tasks wakes the thread that waits for all of them once, not thousands of times.
    wake = done == size() || impatient_ > 0;
    if (done == size()) unneeded = std::move(options_);
    observed = telling_ || !observers_.empty();
  }
  if (wake) changed_.notify_all();
  if (observed) tell_observers();
}

std::uint64_t call::observe(std::function<bool()> f) const {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock{mutex_};
    number = ++next_observer_;
    observers_.push_back({number, std::move(f)});
  }
  tell_observers();
  return number;
}

void call::forget(std::uint64_t number) const {
  const std::lock_guard lock{mutex_};
  std::erase_if(observers_, [number](const auto& o) { return o.number == number; });
}

/// They are called without the lock; who comes meanwhile leaves it to the thread that is at it.
void call::tell_observers() const {
  std::unique_lock lock{mutex_};
  tell_again_ = true;
  if (telling_) return;
  telling_ = true;
  while (std::exchange(tell_again_, false)) {
    auto told = std::exchange(observers_, {});
    lock.unlock();
    std::erase_if(told, [](observer& o) { return o.notice(); });
    lock.lock();
    observers_.insert(observers_.begin(), std::make_move_iterator(told.begin()), std::make_move_iterator(told.end()));
  }
  telling_ = false;
}

void call::hear(std::size_t index, const utterance& u, const std::shared_ptr<output_budget>& budget) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (!outputs_) outputs_ = std::make_unique<task_outputs>();
    outputs_->hear(index, u, budget);
    wake = impatient_ > 0;
  }
  if (wake) changed_.notify_all();
}

std::shared_ptr<live_output> call::listen() const {
  const std::lock_guard lock{mutex_};
  if (!outputs_) outputs_ = std::make_unique<task_outputs>();
  return outputs_->listen();
}

void call::attend(const std::shared_ptr<audience>& a) const {
  const std::lock_guard lock{mutex_};
  if (!outputs_) outputs_ = std::make_unique<task_outputs>();
  outputs_->attend(a);
}

audience::news call::take_news(audience& a) const {
  const std::lock_guard lock{mutex_};
  return outputs_->take_news(a);
}

std::deque<printed> call::take_output(live_output& from) const {
  const std::lock_guard lock{mutex_};
  return from.take();
}

std::deque<printed> call::wait_output(live_output& from, std::chrono::steady_clock::time_point deadline,
                                      bool& in_time) const {
  in_time = wait_for_some(deadline, [&] { return !from.empty() || ready(); });
  return take_output(from);
}

} // namespace pactor::detail
