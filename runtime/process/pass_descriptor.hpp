#pragma once
// Descriptors that travel beside a message over a Unix socket.

#include "runtime/process/unique_fd.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>

namespace pactor::process {

/// Room beside one message, for up to `Count` descriptors. Keep it until the system call returned.
template <std::size_t Count = 1>
class descriptor_room {
public:
  /// For a message that is to be received.
  void offer(msghdr& message) noexcept {
    message.msg_control = room_.data();
    message.msg_controllen = room_.size();
  }
  /// For a message that is to be sent, with one descriptor.
  void attach(msghdr& message, int fd) noexcept {
    message.msg_control = room_.data();
    message.msg_controllen = CMSG_SPACE(sizeof fd);
    auto* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }

private:
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * Count)> room_; // NOLINT(*-member-init): filled by the
                                                                            // kernel or attach()
};

/// Calls take(unique_fd) for each descriptor that came with a message.
template <class Take>
void take_descriptors(msghdr& message, Take&& take) {
  for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      take(unique_fd{fd});
    }
  }
}

} // namespace pactor::process
