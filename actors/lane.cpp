#include "actors/lane.hpp"

#include "pactor/error.hpp"
#include "runtime/process/pass_descriptor.hpp"
#include "runtime/process/system_error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace pactor {

using process::unique_fd;

namespace {

constexpr int most_messages_a_turn = 64;

/// The address of a socket file, whatever the length of its path: by way of its directory's descriptor.
struct socket_address {
  explicit socket_address(const std::filesystem::path& path)
      : directory{::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)} {
    const auto name = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + path.filename().string();
    valid = directory && name.size() < sizeof address.sun_path;
    address.sun_family = AF_UNIX;
    if (valid) std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  unique_fd directory;
  sockaddr_un address{};
  bool valid = false;
};

unique_fd make_socket() { return unique_fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}; }

/// The same user: nobody else may see what passes here, whatever the rights of the directory say.
bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

/// Nodes that were killed leave their sockets behind. Those of other hosts, which may share the directory, can't be
/// told from dead ones here.
void remove_stale(const std::filesystem::path& directory) {
  const auto prefix = lane_listener::file_prefix();
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{directory, ignored}) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !entry.is_socket(ignored)) continue;
    const socket_address at{entry.path()};
    const auto probe = make_socket();
    if (at.valid && ::connect(probe.get(), at.get(), sizeof at.address) != 0 && errno == ECONNREFUSED)
      std::filesystem::remove(entry.path(), ignored);
  }
}

} // namespace

lane_socket::lane_socket(default_multiplexer& loop, unique_fd socket, lane_events& events) : events_{events} {
  descriptor_events& self = *this;
  socket_.emplace(loop, std::move(socket), self);
}

void lane_socket::on_event(const descriptor_watch&, operation op) {
  switch (op) {
  case operation::read:
    return read_in();
  case operation::write:
    return write_out();
  default:
    return close();
  }
}

void lane_socket::read_in() {
  const std::weak_ptr<bool> alive = self_;
  for (int i = 0; i < most_messages_a_turn; ++i) {
    lane_message m;
    iovec part{&m, sizeof m};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    process::descriptor_room<4> room;
    room.offer(message);
    const auto n = ::recvmsg(socket_->fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    unique_fd file;
    if (n > 0) process::take_descriptors(message, [&file](unique_fd one) { file = std::move(one); });
    if (n != sizeof m || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return close();
    events_.lane_said(m, std::move(file));
    if (alive.expired() || !socket_) return;
  }
}

void lane_socket::send(const lane_message& m, int fd) {
  if (!socket_) return;
  out_.push_back({m, unique_fd{fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0)}});
  if (out_.size() == 1) write_out();
}

void lane_socket::write_out() {
  while (!out_.empty()) {
    auto& next = out_.front();
    iovec part{&next.message, sizeof next.message};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    process::descriptor_room room;
    if (next.file) room.attach(message, next.file.get());
    if (::sendmsg(socket_->fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      return socket_->want_write(errno == EAGAIN || errno == ETOOMANYREFS); // anything else shows as its end
    }
    out_.pop_front();
  }
  socket_->want_write(false);
}

void lane_socket::close() {
  if (!socket_) return;
  socket_.reset();
  out_.clear();
  events_.lane_closed(); // may destroy this
}

std::string lane_listener::file_prefix() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string{"lane-"} + host.data() + "-";
}

lane_listener::lane_listener(default_multiplexer& loop, const std::string& directory, accepted on_accept)
    : on_accept_{std::move(on_accept)} {
  const auto place = std::filesystem::absolute(directory);
  remove_stale(place);
  path_ = place / (file_prefix() + std::to_string(::getpid()) + ".sock");
  std::error_code ignored;
  std::filesystem::remove(path_, ignored); // of a process that had this number before
  const socket_address at{path_};
  auto socket = make_socket();
  if (!at.valid || !socket || ::bind(socket.get(), at.get(), sizeof at.address) != 0 || ::listen(socket.get(), 64) != 0)
    throw process::system_failure("no socket " + path_, errno);
  std::filesystem::permissions(path_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                               ignored);
  descriptor_events& self = *this;
  socket_.emplace(loop, std::move(socket), self);
}

lane_listener::~lane_listener() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void lane_listener::on_event(const descriptor_watch& which, operation) {
  for (;;) {
    unique_fd one{::accept4(which.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!one) return;
    if (same_user(one.get())) on_accept_(std::move(one));
  }
}

unique_fd connect_lane(const std::string& path) {
  const socket_address at{path};
  auto socket = make_socket();
  if (!at.valid || !socket || ::connect(socket.get(), at.get(), sizeof at.address) != 0 || !same_user(socket.get()))
    return {};
  return socket;
}

} // namespace pactor
