#include "tests/support/proxy.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pactor::test {

namespace {

sockaddr_in local(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

void require(bool good, const char* what) {
  if (!good) throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

proxy::proxy(std::uint16_t to) : to_{to}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto at = local(0);
  socklen_t size = sizeof at;
  auto* const any = reinterpret_cast<sockaddr*>(&at);
  require(::bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 8) == 0 &&
              ::getsockname(listener_.get(), any, &size) == 0,
          "a proxy");
  port_ = ntohs(at.sin_port);
  thread_ = std::thread{[this] { run(); }};
}

proxy::~proxy() {
  stopping_ = true;
  thread_.join();
}

void proxy::break_all() {
  const std::lock_guard lock{mutex_};
  pairs_.clear();
}

bool proxy::accept_one() {
  pair p{process::unique_fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)},
         process::unique_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}};
  const auto at = local(to_);
  if (!p.client || ::connect(p.controller.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return false;
  pairs_.push_back(std::move(p));
  return true;
}

/// @return false if one of them has ended
bool proxy::forward(int from, int to) {
  std::array<char, 65'536> buffer;
  const auto n = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN;
  for (ssize_t at = 0; at < n;) {
    const auto sent = ::send(to, buffer.data() + at, static_cast<std::size_t>(n - at), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += sent;
  }
  return n > 0;
}

void proxy::run() {
  while (!stopping_) {
    std::vector<pollfd> all{{listener_.get(), POLLIN, 0}};
    {
      const std::lock_guard lock{mutex_};
      if (!held_)
        for (const auto& p : pairs_)
          for (const auto fd : {p.client.get(), p.controller.get()}) all.push_back({fd, POLLIN, 0});
    }
    ::poll(all.data(), all.size(), 10);
    const std::lock_guard lock{mutex_};
    if (all[0].revents != 0) accept_one();
    if (!held_)
      std::erase_if(pairs_, [](const pair& p) {
        return !forward(p.client.get(), p.controller.get()) || !forward(p.controller.get(), p.client.get());
      });
  }
}

} // namespace pactor::test
