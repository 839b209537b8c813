#include "actors/redialer.hpp"

#include "pactor/error.hpp"
#include "runtime/core/reconnecting.hpp"

#include <random>
#include <utility>

namespace pactor {

void redialer::lost() {
  const std::lock_guard lock{mutex_};
  if (stopping_) return;
  lost_ = true;
  if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
  changed_.notify_all();
}

void redialer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void redialer::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return lost_ || stopping_; });
    if (stopping_) return;
    lost_ = false;
    reconnect(lock);
  }
}

void redialer::reconnect(std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds patience{2}; // with one attempt
  std::mt19937 chance{std::random_device{}()};
  core::reconnecting attempts{clock::now(), limit_};
  std::string last = "the connection was lost";
  while (const auto pause = attempts.next(clock::now(), chance)) {
    if (changed_.wait_for(lock, *pause, [this] { return stopping_; })) return;
    lock.unlock();
    try {
      const auto link = out_.dial(clock::now() + patience);
      out_.back(link);
      return lock.lock();
    } catch (const error& e) {
      last = e.what();
      lock.lock();
      if (e.code() == ec::not_running) break;
      if (e.code() == ec::refused && attempts.hopeless(clock::now())) break;
    }
  }
  lock.unlock();
  out_.gone(last);
  lock.lock();
}

} // namespace pactor
