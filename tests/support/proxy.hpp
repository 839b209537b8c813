#pragma once
// Something between clients and a controller that can break their connections.

#include "runtime/process/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace pactor::test {

/// Forwards what comes to a port of its own to another port of this host, and back.
class proxy {
public:
  /// @throws std::system_error
  explicit proxy(std::uint16_t to);
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;
  ~proxy();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Closes the connections there are; others may follow.
  void break_all();
  /// From now on nothing is forwarded, in any direction, or (false) again.
  void hold(bool held) { held_ = held; }

private:
  struct pair {
    process::unique_fd client, controller;
  };
  void run();
  bool accept_one();
  static bool forward(int from, int to);

  std::uint16_t to_, port_ = 0;
  process::unique_fd listener_;
  std::mutex mutex_;
  std::vector<pair> pairs_;
  std::atomic<bool> held_{false}, stopping_{false};
  std::thread thread_;
};

} // namespace pactor::test
