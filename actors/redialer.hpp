#pragma once
// Gets a client back to its controller, in a thread of its own: connecting blocks.

#include "actors/transport/link.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace pactor {

/// The thread starts with the first loss.
class redialer {
public:
  using clock = std::chrono::steady_clock;
  struct callbacks {
    /// Connects. @throws error; error{not_running} if it makes no sense to try again
    std::function<transport::link_ptr(clock::time_point deadline)> dial;
    std::function<void(const transport::link_ptr&)> back;
    std::function<void(const std::string& reason)> gone; ///< the limit is over
  };
  redialer(callbacks out, std::chrono::milliseconds limit) : out_{std::move(out)}, limit_{limit} {}
  redialer(const redialer&) = delete;
  redialer& operator=(const redialer&) = delete;
  ~redialer() { stop(); }

  /// The connection is gone. From any thread.
  void lost();
  /// Nobody wants a connection any more; waits for an attempt that is under way.
  void stop();

private:
  void run();
  void reconnect(std::unique_lock<std::mutex>& lock);

  callbacks out_;
  std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool lost_ = false, stopping_ = false;
  std::thread thread_;
};

} // namespace pactor
