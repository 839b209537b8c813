#include "actors/transport/porch.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

namespace pactor::transport {

porch::porch(std::size_t places, std::string word)
    : word_{std::move(word)}, events_{::epoll_create1(EPOLL_CLOEXEC)}, strangers_{places}, members_{places} {
  if (!events_) throw error{ec::system, "epoll_create1: " + std::generic_category().message(errno)};
}

std::optional<visitor> porch::add(visitor v) {
  epoll_event e{};
  e.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  e.data.fd = v.fd.get();
  ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, v.fd.get(), &e); // without it a visitor waits for its turn, no more
  const std::string host{host_of(v.address)};
  return strangers_.add(host, std::move(v));
}

/// Looked at, not read: the handshake will.
porch::sign porch::sign_of(int fd, bool hung_up) const {
  std::array<char, 2048> first{}; // a ClientHello is shorter
  const auto n = ::recv(fd, first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n == 0 || hung_up || (n < 0 && errno != EAGAIN && errno != EINTR)) return sign::left;
  if (n < 0 || word_.empty()) return sign::none;
  const std::string_view said{first.data(), static_cast<std::size_t>(n)};
  return said.find(word_) != said.npos ? sign::word : sign::none;
}

std::vector<visitor> porch::look() {
  std::vector<visitor> gone;
  std::array<epoll_event, 128> seen{};
  for (int n = static_cast<int>(seen.size()); n == static_cast<int>(seen.size());) {
    n = ::epoll_wait(events_.get(), seen.data(), static_cast<int>(seen.size()), 0);
    for (int i = 0; i < n; ++i) {
      const auto& e = seen[static_cast<std::size_t>(i)];
      const auto shown = sign_of(e.data.fd, (e.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      if (shown == sign::none) continue;
      const auto is = [fd = e.data.fd](const visitor& v) { return v.fd.get() == fd; };
      auto who = strangers_.extract(is);
      if (!who && shown == sign::left) who = members_.extract(is);
      if (!who) continue;
      if (shown == sign::left) {
        gone.push_back(std::move(*who));
        continue;
      }
      who->knows_the_word = true;
      const std::string host{host_of(who->address)};
      if (auto out = members_.add(host, std::move(*who))) gone.push_back(std::move(*out));
    }
  }
  return gone;
}

std::optional<visitor> porch::next() {
  auto who = members_.next();
  if (!who) who = strangers_.next();
  if (who) ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, who->fd.get(), nullptr);
  return who;
}

} // namespace pactor::transport
