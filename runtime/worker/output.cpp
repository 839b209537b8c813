#include "runtime/worker/output.hpp"

#include "runtime/process/pass_descriptor.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pactor::worker {

namespace {

// Results of short jobs may wait this long for others to join them; a write costs 2 to 5 microseconds.
constexpr std::int64_t longest_wait = 50'000;
constexpr auto patience = std::chrono::nanoseconds{longest_wait};
constexpr std::size_t most_waiting = std::size_t{128} << 10;

} // namespace

output::~output() {
  {
    const lock held{mutex_};
    ending_ = true;
  }
  needed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void output::add(const wire::record& r, const void* payload, process::unique_fd file, bool more, std::int64_t now) {
  lock held{mutex_};
  if (file) {
    seal();
    batch_.add(r, payload);
    seal();
    segments_.back().file = std::move(file);
  } else {
    batch_.add(r, payload);
  }
  waiting_ += sizeof r + r.size;
  if (writing_ && waiting_ < most_waiting) return; // the other thread takes it along when it is done
  if (more && waiting_ < most_waiting && now - last_write_ < longest_wait) return watch(held);
  written_.wait(held, [this] { return !writing_; });
  last_write_ = now;
  write_pending(held);
}

void output::seal() {
  if (!batch_.empty()) segments_.push_back({batch_.take(), {}});
}

/// Makes sure that the second thread looks after what waits.
void output::watch(lock& held) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread{[this] { run(); }};
    } catch (const std::system_error&) {
      write_pending(held); // without a second thread everything is written at once
    }
  } else if (std::exchange(asleep_, false)) {
    needed_.notify_one();
  }
}

void output::run() {
  ::prctl(PR_SET_TIMERSLACK, longest_wait); // unlike jobs, it need not wake to the microsecond
  lock held{mutex_};
  while (!ending_) {
    if (waiting_ == 0) {
      asleep_ = true;
      needed_.wait(held, [this] { return !asleep_ || ending_; });
    }
    held.unlock();
    std::this_thread::sleep_for(patience); // a short job's results leave with those of its successors
    held.lock();
    if (!writing_) write_pending(held);
  }
}

/// @pre held, and nobody writes
void output::write_pending(lock& held) {
  writing_ = true;
  while (waiting_ > 0) {
    seal();
    waiting_ = 0;
    const auto segments = std::exchange(segments_, {});
    held.unlock();
    for (const auto& s : segments) write(s);
    held.lock();
  }
  writing_ = false;
  written_.notify_all();
}

void output::write(const segment& s) const {
  process::descriptor_room room;
  for (std::size_t at = 0; at < s.data.size();) {
    iovec part{s.data.data() + at, s.data.size() - at};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (at == 0 && s.file) room.attach(message, s.file.get());
    const auto n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ::_exit(1);
    at += static_cast<std::size_t>(n);
  }
}

} // namespace pactor::worker
