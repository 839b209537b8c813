#include "tests/bench/reference.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void transfer(int fd, char* data, std::size_t size, bool out) {
  while (size > 0) {
    pollfd p{fd, static_cast<short>(out ? POLLOUT : POLLIN), 0};
    if (!out) ::poll(&p, 1, -1);
    const auto n = out ? ::write(fd, data, size) : ::read(fd, data, size);
    if (n <= 0) ::_exit(0);
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

constexpr std::size_t message = 64;

[[noreturn]] void relay(int left, int right) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::array<char, message> m{};
  std::array<pollfd, 2> p{pollfd{left, POLLIN, 0}, pollfd{right, POLLIN, 0}};
  for (;;) {
    ::poll(p.data(), p.size(), -1);
    for (int i = 0; i < 2; ++i) {
      if ((p[static_cast<std::size_t>(i)].revents & (POLLIN | POLLHUP)) == 0) continue;
      transfer(i == 0 ? left : right, m.data(), m.size(), false);
      transfer(i == 0 ? right : left, m.data(), m.size(), true);
    }
  }
}

[[noreturn]] void echo(int fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::array<char, message> m{};
  for (;;) {
    transfer(fd, m.data(), m.size(), false);
    transfer(fd, m.data(), m.size(), true);
  }
}

} // namespace

std::array<int, 2> tcp_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size) != 0)
    fail("listen");
  const int one = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(one, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) fail("connect");
  const int other = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  no_delay(one);
  no_delay(other);
  return {one, other};
}

raw_chain::raw_chain() {
  const auto near = tcp_pair(), far = tcp_pair();
  std::array<int, 2> local{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, local.data()) != 0) fail("socketpair");
  if (first_ = ::fork(); first_ == 0) relay(near[1], far[0]);
  if (second_ = ::fork(); second_ == 0) relay(far[1], local[0]);
  if (worker_ = ::fork(); worker_ == 0) echo(local[1]);
  for (const int fd : {near[1], far[0], far[1], local[0], local[1]}) ::close(fd);
  fd_ = near[0];
}

raw_chain::~raw_chain() {
  ::close(fd_);
  for (const auto pid : {first_, second_, worker_}) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

sample raw_chain::round_trips(int n) const {
  sample result;
  std::array<char, message> m{};
  for (int i = 0; i < n; ++i) {
    const auto start = steady::now();
    transfer(fd_, m.data(), m.size(), true);
    transfer(fd_, m.data(), m.size(), false);
    result.add(seconds_since(start) * 1e6);
  }
  return result;
}

double raw_bulk(std::size_t bytes) {
  constexpr std::size_t block = std::size_t{1} << 20;
  const auto ends = tcp_pair();
  const auto reader = ::fork();
  if (reader == 0) {
    ::close(ends[0]);
    std::vector<char> in(block);
    std::size_t got = 0;
    while (got < bytes) {
      const auto n = ::read(ends[1], in.data(), in.size());
      if (n <= 0) ::_exit(1);
      got += static_cast<std::size_t>(n);
    }
    ::_exit(::write(ends[1], in.data(), 1) == 1 ? 0 : 1);
  }
  ::close(ends[1]);
  std::vector<char> out(block, 1);
  const auto start = steady::now();
  for (std::size_t sent = 0; sent < bytes; sent += block) transfer(ends[0], out.data(), block, true);
  transfer(ends[0], out.data(), 1, false);
  const auto rate = static_cast<double>(bytes) / 1e6 / seconds_since(start);
  ::close(ends[0]);
  ::waitpid(reader, nullptr, 0);
  return rate;
}

} // namespace bench
