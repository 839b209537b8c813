#pragma once
// Lanes that only remember what was sent over them, and memory files to send.

#include "actors/lane.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pactor::test {

/// What one end of a lane does, and the other end in the test's hands.
struct lane_log {
  struct sent_message {
    lane_message message;
    process::unique_fd file;
    [[nodiscard]] lane_kind kind() const { return static_cast<lane_kind>(message.kind); }
  };
  std::vector<sent_message> sent;
  lane_events* events = nullptr;
  bool alive = true;

  std::vector<sent_message> take() { return std::exchange(sent, {}); }
  void say(lane_kind kind, std::uint64_t handle = 0, process::unique_fd file = {}, std::uint64_t offset = 0,
           std::uint64_t size = 0) const {
    lane_message m;
    m.kind = static_cast<std::uint32_t>(kind);
    m.handle = handle;
    m.offset = offset;
    m.size = size;
    events->lane_said(m, std::move(file));
  }
  void say_hello(std::uint32_t client, std::string_view nonce) const {
    lane_message m;
    m.kind = static_cast<std::uint32_t>(lane_kind::hello);
    m.client = client;
    nonce.copy(m.nonce.data(), m.nonce.size());
    events->lane_said(m, {});
  }
};

class fake_lane final : public lane {
public:
  explicit fake_lane(std::shared_ptr<lane_log> log) : log_{std::move(log)} {}
  ~fake_lane() override { log_->alive = false; }
  void send(const lane_message& m, int fd) override {
    log_->sent.push_back({m, process::unique_fd{fd < 0 ? -1 : ::dup(fd)}});
  }

private:
  std::shared_ptr<lane_log> log_;
};

/// A memory file with this content, which can't shrink unless `loose`.
inline process::unique_fd file_of(std::string_view content, bool loose = false) {
  process::unique_fd file{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  REQUIRE(::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  if (!loose) REQUIRE(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
  return file;
}
inline std::string read_file(int fd, std::uint64_t offset, std::uint64_t size) {
  std::string text(size, '?');
  CHECK(::pread(fd, text.data(), size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size));
  return text;
}

} // namespace pactor::test
