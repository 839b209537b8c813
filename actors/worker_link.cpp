#include "actors/worker_link.hpp"

#include "pactor/error.hpp"
#include "runtime/worker/protocol.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <utility>
#include <vector>

namespace pactor {

namespace {

using caf::io::network::default_multiplexer;
using caf::io::network::event_handler;
using caf::io::network::operation;
using process::unique_fd;

constexpr std::size_t read_size = std::size_t{256} << 10;
// A worker that closed its socket but does not end is killed after this; a dying one needs less.
constexpr auto last_breath = std::chrono::milliseconds{50};

class linked_worker;

/// Watches one descriptor for the worker, and outlives it until the loop let go.
class watcher final : public event_handler {
public:
  watcher(default_multiplexer& mpx, int fd, linked_worker& w) : event_handler{mpx, fd}, worker_{&w} {}
  void start() { activate(); }
  void stop() {
    if (!std::exchange(worker_, nullptr)) return;
    want_write(false);
    passivate();
  }
  void want_write(bool on) {
    if (on == writing_) return;
    writing_ = on;
    on ? backend().add(operation::write, fd(), this) : backend().del(operation::write, fd(), this);
  }
  void handle_event(operation op) override;
  void removed_from_loop(operation op) override {
    if (op == operation::read) backend().post([this] { delete this; }); // NOLINT: the loop has just let go
  }
  void graceful_shutdown() override { stop(); }

private:
  ~watcher() override = default;
  linked_worker* worker_;
  bool writing_ = false;
};

class linked_worker final : public worker_link {
public:
  linked_worker(default_multiplexer& mpx, process::child child, unique_fd socket, worker_events& events)
      : child_{std::move(child)}, events_{events} {
    // The watchers own descriptors of their own: they close them after this object is gone.
    end_ = new watcher{mpx, ::fcntl(child_.pidfd(), F_DUPFD_CLOEXEC, 0), *this}; // NOLINT: owned by the loop
    socket_ = new watcher{mpx, socket.release(), *this};                         // NOLINT: owned by the loop
    end_->start();
    socket_->start();
  }
  ~linked_worker() override { release(); }

  void send(const wire::record& r, const void* payload) override { batch_.add(r, payload); }

  void send_file(const wire::record& r, const void* payload, int fd) override {
    seal_batch();
    batch_.add(r, payload);
    seal_batch();
    out_.back().file = unique_fd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
  }

  void flush() override {
    seal_batch();
    if (socket_) write_out();
  }

  [[nodiscard]] int pid() const override { return child_.pid(); }
  void kill(int signal) override { child_.signal(signal); }

  void on_event(const watcher& which, operation op) {
    if (&which == end_) return ended();
    if (op == operation::write) return write_out();
    if (op == operation::propagate_error) return hung_up();
    read_in();
  }

private:
  struct segment {
    detail::bytes data;
    std::size_t sent = 0;
    unique_fd file;
  };

  void seal_batch() {
    if (!batch_.empty()) out_.push_back({batch_.take(), 0, {}});
  }

  void write_out() {
    while (!out_.empty()) {
      std::array<iovec, 32> parts;
      std::size_t count = 0;
      for (auto& s : out_) {
        // A descriptor belongs to the first byte of its message.
        if (count == parts.size() || (s.file && count > 0)) break;
        parts[count++] = {s.data.data() + s.sent, s.data.size() - s.sent};
        if (s.file) break;
      }
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      if (out_.front().file) attach(message, control, out_.front().file.get());
      const auto n = ::sendmsg(socket_->fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0) {
        if (errno == EINTR) continue;
        socket_->want_write(errno == EAGAIN); // anything else shows as the end of the socket
        return;
      }
      out_.front().file.reset();
      advance(static_cast<std::size_t>(n));
    }
    socket_->want_write(false);
  }

  static void attach(msghdr& message, std::span<char> control, int fd) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }

  void advance(std::size_t n) {
    while (n > 0) {
      auto& s = out_.front();
      const auto step = std::min(n, s.data.size() - s.sent);
      s.sent += step;
      n -= step;
      if (s.sent == s.data.size()) out_.pop_front();
    }
  }

  void read_in() {
    const auto n = receive();
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return hung_up();
    take_records();
    events_.turn_ended();
  }

  ssize_t receive() {
    if (in_.size() - have_ < read_size / 2) in_.resize(std::max(in_.size() * 2, read_size));
    iovec part{in_.data() + have_, in_.size() - have_};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 16)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto n = ::recvmsg(socket_->fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n > 0) {
      take_files(message);
      have_ += static_cast<std::size_t>(n);
    }
    return n;
  }

  void take_files(msghdr& message) {
    for (auto* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        files_.emplace_back(fd);
      }
    }
  }

  void take_records() {
    std::size_t at = 0;
    while (socket_ && have_ - at >= sizeof(wire::record)) {
      wire::record r;
      std::memcpy(&r, in_.data() + at, sizeof r);
      const auto size = sizeof r + wire::padded(r.size);
      if (r.size > worker::inline_limit) { // a job that wrote into our socket: nothing after this can be trusted
        kill(SIGKILL);
        have_ = 0;
        return;
      }
      if (have_ - at < size) break;
      unique_fd file;
      if ((r.flags & wire::transferred) != 0 && !files_.empty()) {
        file = std::move(files_.front());
        files_.pop_front();
      }
      events_.worker_said(r, in_.data() + at + sizeof r, std::move(file));
      at += size;
    }
    if (at > 0) {
      std::memmove(in_.data(), in_.data() + at, have_ - at);
      have_ -= at;
    }
    if (have_ == 0 && in_.size() > 4 * read_size) std::vector<char>().swap(in_);
  }

  /// The worker's end of the socket is closed: it is dying, or a job closed what it did not open.
  void hung_up() {
    if (!child_.wait_for(last_breath)) kill(SIGKILL);
    ended();
  }

  void ended() {
    if (!socket_) return;
    const auto how = child_.wait();
    while (socket_ && receive() > 0) take_records(); // what it managed to say still counts
    release();
    events_.worker_ended(how); // may destroy this
  }

  void release() {
    for (auto** w : {&end_, &socket_})
      if (auto* old = std::exchange(*w, nullptr)) old->stop();
  }

  process::child child_;
  worker_events& events_;
  watcher* end_ = nullptr;    // owned by the loop
  watcher* socket_ = nullptr; // owned by the loop
  wire::batch batch_;
  std::deque<segment> out_;
  std::vector<char> in_;
  std::size_t have_ = 0;
  std::deque<unique_fd> files_;
};

void watcher::handle_event(operation op) {
  if (worker_) worker_->on_event(*this, op);
}

} // namespace

std::unique_ptr<worker_link> start_worker_process(caf::actor_system& system, const std::filesystem::path& executable,
                                                  worker_events& events) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw error{ec::system, "no socket for a worker: " + std::generic_category().message(errno)};
  unique_fd ours{ends[0]}, theirs{ends[1]};
  process::spawn_options options;
  options.executable = executable;
  options.arguments = {"pactor-worker"};
  options.descriptors = {{theirs.get(), worker::socket_fd}};
  options.own_group = true;
  auto child = process::spawn(options);
  return std::make_unique<linked_worker>(dynamic_cast<default_multiplexer&>(system.middleman().backend()),
                                         std::move(child), std::move(ours), events);
}

} // namespace pactor
