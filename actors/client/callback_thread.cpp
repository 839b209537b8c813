#include "pactor/detail/callback_thread.hpp"

#include <utility>

namespace pactor::detail {

void callback_queue::post(std::function<void()> f) {
  {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(f));
  }
  changed_.notify_one();
}

void callback_queue::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto f = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    f();
    f = nullptr; // what it holds may be the last owner of a session: not under the lock
    lock.lock();
  }
}

void callback_queue::end() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_one();
}

std::shared_ptr<callback_queue> callback_thread::queue() {
  const std::lock_guard lock{mutex_};
  if (!queue_) {
    auto queue = std::make_shared<callback_queue>();
    thread_ = std::thread{[queue] { queue->run(); }};
    queue_ = std::move(queue);
  }
  return queue_;
}

bool callback_thread::is_this_thread() const {
  const std::lock_guard lock{mutex_};
  return thread_.get_id() == std::this_thread::get_id();
}

callback_thread::~callback_thread() {
  if (!queue_) return;
  queue_->end();
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach(); // it is in run(), on a queue of which it holds a reference, and ends there
  else
    thread_.join();
}

} // namespace pactor::detail
