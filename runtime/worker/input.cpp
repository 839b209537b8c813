#include "runtime/worker/input.hpp"

#include "runtime/process/pass_descriptor.hpp"
#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace pactor::worker {

namespace {

constexpr std::size_t most_files = 253; // the kernel's limit for one message

wire::record record_at(const char* at) {
  wire::record r;
  std::memcpy(&r, at, sizeof r);
  return r;
}

} // namespace

input::input(int fd, std::size_t a_read) : fd_{fd}, a_read_{a_read}, buffer_{detail::bytes::allocate(a_read)} {}

bool input::more() const noexcept {
  return left() >= sizeof(wire::record) &&
         left() - sizeof(wire::record) >= wire::padded(record_at(buffer_.data() + at_).size);
}

std::optional<incoming> input::next() {
  incoming result;
  while (!more()) {
    if (left() >= sizeof(wire::record) && record_at(buffer_.data() + at_).size > inline_limit) return std::nullopt;
    if (!receive()) return std::nullopt;
    result.waited = true;
  }
  const auto* at = buffer_.data() + at_;
  result.record = record_at(at);
  result.payload = {{}, at + sizeof(wire::record), result.record.size};
  at_ += sizeof(wire::record) + wire::padded(result.record.size);
  if ((result.record.flags & wire::transferred) == 0) return result;

  if (result.record.kind == static_cast<std::uint16_t>(link_kind::stream)) { // a pipe, and no payload
    if (!files_.empty()) files_.pop_front();
    return result;
  }
  file_part part;
  if (result.record.size != sizeof part) return std::nullopt;
  std::memcpy(&part, result.payload.data, sizeof part);
  result.payload = {};
  if (files_.empty()) return result;
  auto file = std::move(files_.front());
  files_.pop_front();
  result.payload = mapped_.map(result.record.transfer, std::move(file), part.offset, part.size);
  return result;
}

/// Everything in front of the buffer's end is kept, from its start on: record sizes are multiples of 16, so that all
/// stays aligned.
void input::make_room() {
  if (at_ > 0) {
    if (left() > 0) std::memmove(buffer_.data(), buffer_.data() + at_, left());
    have_ -= at_;
    at_ = 0;
  }
  if (have_ >= sizeof(wire::record)) {
    const auto need = sizeof(wire::record) + wire::padded(record_at(buffer_.data()).size);
    if (need > buffer_.size()) {
      auto grown = detail::bytes::allocate(need);
      std::memcpy(grown.data(), buffer_.data(), have_);
      buffer_ = std::move(grown);
    }
  } else if (have_ == 0 && buffer_.size() > a_read_) {
    buffer_ = detail::bytes::allocate(a_read_);
  }
}

bool input::receive() {
  make_room();
  iovec part{buffer_.data() + have_, buffer_.size() - have_};
  process::descriptor_room<most_files> room;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  room.offer(message);
  ssize_t n = 0;
  do n = ::recvmsg(fd_, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n <= 0 || (message.msg_flags & MSG_CTRUNC) != 0) return false;
  process::take_descriptors(message, [this](process::unique_fd file) { files_.push_back(std::move(file)); });
  have_ += static_cast<std::size_t>(n);
  return true;
}

} // namespace pactor::worker
