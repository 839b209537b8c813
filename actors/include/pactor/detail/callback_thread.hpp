#pragma once
// Where a client's callbacks run: neither in the thread that reads the sockets, which they must not hold up, nor in
// the user's.

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace pactor::detail {

/// Functions that wait for the thread. Thread-safe.
class callback_queue {
public:
  void post(std::function<void()> f);
  /// Runs what is posted, one after the other, until end() was called and nothing is left.
  void run();
  void end();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
};

/// A thread that is started at the first use. Whatever is posted runs; destruction waits for it, unless it is a
/// callback itself that lets go of the last owner.
class callback_thread {
public:
  callback_thread() = default;
  callback_thread(const callback_thread&) = delete;
  callback_thread& operator=(const callback_thread&) = delete;
  ~callback_thread();

  /// Thread-safe. @throws std::system_error if there can be no more threads
  std::shared_ptr<callback_queue> queue();
  /// Thread-safe.
  [[nodiscard]] bool is_this_thread() const;

private:
  mutable std::mutex mutex_;
  std::shared_ptr<callback_queue> queue_;
  std::thread thread_;
};

} // namespace pactor::detail
