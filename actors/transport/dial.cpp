#include "actors/transport/dial.hpp"

#include "pactor/error.hpp"

#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pactor::transport {

namespace {

class socket_guard {
public:
  explicit socket_guard(int fd) : fd_{fd} {}
  socket_guard(const socket_guard&) = delete;
  socket_guard& operator=(const socket_guard&) = delete;
  ~socket_guard() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

private:
  int fd_;
};

/// @return 0 or an errno
int connect_until(int fd, const addrinfo& address, std::chrono::steady_clock::time_point deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd p{fd, POLLOUT, 0};
  if (left.count() <= 0 || ::poll(&p, 1, static_cast<int>(left.count())) <= 0) return ETIMEDOUT;
  int result = 0;
  socklen_t size = sizeof result;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size);
  return result;
}

} // namespace

dialed dial(const std::string& host, std::uint16_t port, SSL_CTX* tls, std::chrono::steady_clock::time_point deadline,
            const std::string& word) {
  const auto where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const auto e = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); e != 0)
    throw not_connected{"no controller at " + where + ": the name " + host +
                        " is not known here: " + ::gai_strerror(e)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
  int last = 0;
  for (const auto* a = found; a; a = a->ai_next) {
    socket_guard fd{::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (fd.get() < 0) {
      last = errno;
      continue;
    }
    last = connect_until(fd.get(), *a, deadline);
    if (last != 0) continue;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto secured = std::make_unique<channel>(fd.get(), tls, channel::side::client);
    if (!word.empty()) secured->say_first(word);
    const auto why = secured->establish(deadline);
    if (!why.empty() && std::chrono::steady_clock::now() >= deadline)
      throw timeout_error{"no controller at " + where + ": " + why};
    if (!why.empty()) throw error{ec::refused, "the connection to " + where + " was refused: " + why};
    return {fd.release(), std::move(secured)};
  }
  if (last == ETIMEDOUT)
    throw timeout_error{"no controller at " + where +
                        ": nobody answers; is the address right, and does a firewall let this port through?"};
  if (last == ECONNREFUSED)
    throw not_connected{"no controller at " + where +
                        ": Connection refused: nobody listens at this port; was the cluster " +
                        "stopped, or started anew?"};
  throw not_connected{"no controller at " + where + ": " + std::generic_category().message(last)};
}

} // namespace pactor::transport
