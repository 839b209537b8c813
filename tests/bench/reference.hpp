#pragma once
// What the machine itself does, measured in the same minute: plain processes that move bytes, with nothing of pactor.

#include "tests/bench/sample.hpp"

#include <array>
#include <memory>
#include <sys/types.h>

namespace bench {

/// The raw chain: client, relay, relay over TCP, then a worker over a socketpair, and back; 64 bytes, poll. The same
/// hops as one task takes.
class raw_chain {
public:
  raw_chain();
  raw_chain(const raw_chain&) = delete;
  raw_chain& operator=(const raw_chain&) = delete;
  ~raw_chain();
  /// Round trips one after the other, in microseconds.
  [[nodiscard]] sample round_trips(int n) const;

private:
  int fd_ = -1;
  pid_t first_ = -1, second_ = -1, worker_ = -1;
};

/// Two connected TCP sockets on loopback.
std::array<int, 2> tcp_pair();

/// One-way bulk TCP between two processes on loopback, MB/s.
double raw_bulk(std::size_t bytes);

} // namespace bench
