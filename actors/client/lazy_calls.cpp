#include "pactor/detail/lazy_calls.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace pactor::detail {

/// Which tasks ended, in this order.
struct lazy_calls::arrivals {
  std::mutex mutex;
  std::condition_variable came;
  std::deque<const call*> ended;

  void add(const call* c) {
    const std::lock_guard lock{mutex};
    ended.push_back(c);
    came.notify_one();
  }
  const call* take() {
    std::unique_lock lock{mutex};
    came.wait(lock, [this] { return !ended.empty(); });
    const auto* c = ended.front();
    ended.pop_front();
    return c;
  }
};

lazy_calls::lazy_calls(source s, std::shared_ptr<session> link, std::shared_ptr<const job_info> job, std::size_t window,
                       bool ordered)
    : source_{std::move(s)}, link_{std::move(link)}, job_{std::move(job)}, window_{std::max<std::size_t>(window, 1)},
      ordered_{ordered}, arrivals_{std::make_shared<arrivals>()} {}

void lazy_calls::send_ahead() {
  while (!at_end_ && !cancelled_ && sent_.size() < window_) {
    try {
      auto chunk = source_.next();
      if (!chunk) {
        at_end_ = true;
        return;
      }
      auto task = std::make_shared<call>(1, job_->name, source_.options);
      auto state = std::make_shared<const submission>(submission{task, link_, job_, {0, chunk->elements}});
      source_.send(task, chunk->payload);
      sent_.push_back(std::move(state));
      if (!ordered_)
        task->observe([to = arrivals_, c = task.get()] {
          if (!c->ready()) return false;
          to->add(c);
          return true;
        });
    } catch (...) { // what was sent before is still good
      fault_ = std::current_exception();
      at_end_ = true;
    }
  }
}

std::deque<std::shared_ptr<const submission>>::iterator lazy_calls::first_ended() {
  if (ordered_) {
    sent_.front()->tasks->wait();
    return sent_.begin();
  }
  const auto* ended = arrivals_->take();
  return std::ranges::find_if(sent_, [ended](const auto& s) { return s->tasks.get() == ended; });
}

std::shared_ptr<const submission> lazy_calls::next() {
  send_ahead();
  if (sent_.empty()) {
    if (fault_) std::rethrow_exception(std::exchange(fault_, nullptr));
    return nullptr;
  }
  const auto at = first_ended();
  auto state = std::move(*at);
  sent_.erase(at);
  return state;
}

} // namespace pactor::detail
