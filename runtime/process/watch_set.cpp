#include "runtime/process/watch_set.hpp"

#include "runtime/process/system_error.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/epoll.h>

namespace pactor::process {

watch_set::watch_set() : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
  if (!epoll_) throw system_failure("cannot watch descriptors", errno);
}

void watch_set::add(int fd) { add(fd, EPOLLIN); }
void watch_set::add_output(int fd) { add(fd, EPOLLOUT); }

void watch_set::add(int fd, unsigned events) {
  if (fd < 0) return;
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    throw system_failure("cannot watch a descriptor", errno);
}

void watch_set::remove(int fd) noexcept {
  if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

bool watch_set::readable(int fd) noexcept {
  pollfd entry{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&entry, 1, 0) > 0;
}

} // namespace pactor::process
