#include "actors/worker_link.hpp"

#include "actors/descriptor_watch.hpp"
#include "pactor/error.hpp"
#include "runtime/process/pass_descriptor.hpp"
#include "runtime/worker/record_reader.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pactor {

namespace {

using process::unique_fd;

// A worker that closed its socket but does not end is killed after this; a dying one needs less.
constexpr auto last_breath = std::chrono::milliseconds{50};

class linked_worker final : public worker_link, descriptor_events {
public:
  linked_worker(default_multiplexer& loop, process::child child, unique_fd socket, worker::control_memory control,
                worker_events& events)
      : child_{std::move(child)}, control_{std::move(control)}, events_{events} {
    descriptor_events& self = *this;
    end_.emplace(loop, unique_fd{::fcntl(child_.pidfd(), F_DUPFD_CLOEXEC, 0)}, self);
    socket_.emplace(loop, std::move(socket), self);
  }

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
  [[nodiscard]] const worker::control_memory& control() const override { return control_; }
  void interrupt() override { child_.queue(SIGINT); }
  [[nodiscard]] bool stopped() const override { return child_.stopped(); }

private:
  void on_event(const descriptor_watch& which, operation op) override {
    if (end_ && &which == &*end_) return ended();
    if (op == operation::write) return write_out();
    if (op == operation::propagate_error) return hung_up();
    read_in();
  }

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
      process::descriptor_room room;
      if (out_.front().file) room.attach(message, out_.front().file.get());
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
    const auto room = in_.room();
    iovec part{room.data(), room.size()};
    process::descriptor_room<16> beside;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    beside.offer(message);
    const auto n = ::recvmsg(socket_->fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n > 0) {
      process::take_descriptors(message, [this](unique_fd file) { in_.came(std::move(file)); });
      in_.came(static_cast<std::size_t>(n));
    }
    return n;
  }

  void take_records() {
    const auto said = [this](const wire::record& r, const char* payload, unique_fd file) {
      events_.worker_said(r, payload, std::move(file));
      return socket_.has_value();
    };
    if (!in_.take(said)) kill(SIGKILL);
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
    end_.reset();
    socket_.reset();
  }

  process::child child_;
  worker::control_memory control_;
  worker_events& events_;
  std::optional<descriptor_watch> end_, socket_;
  wire::batch batch_;
  std::deque<segment> out_;
  worker::record_reader in_;
};

void make_rank(process::spawn_options& options) {
  options.environment.emplace_back("PACTOR_MPI", "1");
  constexpr const char* variable = "PMI_FD";      // the number of a descriptor
  const char* const text = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): nobody changes it
  if (!text) return;
  int fd = -1;
  (void)std::from_chars(text, text + std::strlen(text), fd);
  if (fd <= STDERR_FILENO || ::fcntl(fd, F_GETFD) < 0) return;
  const int number = std::max(fd, worker::control_fd + 1);
  options.descriptors.emplace_back(fd, number);
  options.environment.emplace_back(variable, std::to_string(number));
}

} // namespace

std::unique_ptr<worker_link> start_worker_process(caf::actor_system& system, const std::filesystem::path& executable,
                                                  worker_events& events, const std::vector<int>& cores, bool rank) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw error{ec::system, "no socket for a worker: " + std::generic_category().message(errno)};
  unique_fd ours{ends[0]}, theirs{ends[1]};
  auto control = worker::control_memory::create();
  process::spawn_options options;
  options.executable = executable;
  options.arguments = {"pactor-worker"};
  options.descriptors = {{theirs.get(), worker::socket_fd}, {control.fd(), worker::control_fd}};
  options.own_group = true;
  options.cores = cores;
  if (rank) make_rank(options);
  auto child = process::spawn(options);
  return std::make_unique<linked_worker>(dynamic_cast<default_multiplexer&>(system.middleman().backend()),
                                         std::move(child), std::move(ours), std::move(control), events);
}

} // namespace pactor
