#include "tests/unit/worker/worker_process.hpp"

#include "runtime/process/pass_descriptor.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pactor::test {

namespace {
constexpr int own_socket = 40; // out of the way of descriptor 3
} // namespace

std::vector<std::string> worker_process::test_libraries() {
  return {PACTOR_TEST_BASICS, PACTOR_TEST_FAULTS, PACTOR_TEST_TYPES, PACTOR_TEST_OTHERS};
}

worker_process::worker_process(std::vector<std::string> libraries, snippets::compile_settings execute) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  socket_ = process::unique_fd{::fcntl(ends[0], F_DUPFD_CLOEXEC, own_socket)};
  ::close(ends[0]);
  process::unique_fd theirs{::fcntl(ends[1], F_DUPFD_CLOEXEC, own_socket)};
  ::close(ends[1]);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), worker::socket_fd);
  std::string program = PACTOR_TEST_WORKER;
  std::array<char*, 2> arguments{program.data(), nullptr};
  REQUIRE(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ) == 0);
  ::posix_spawn_file_actions_destroy(&actions);

  in_.emplace(socket_.get());
  const auto setup = worker::encode_setup({3, "host-1", std::move(libraries), std::move(execute)});
  wire::record r;
  r.size = static_cast<std::uint32_t>(setup.size());
  r.kind = static_cast<std::uint16_t>(worker::link_kind::init);
  batch_.add(r, setup.data());
  send();
  const auto ready = receive();
  REQUIRE(ready);
  CHECK(ready->record.kind == static_cast<std::uint16_t>(worker::link_kind::ready));
  CHECK(pipes_ == 3); // output, errors, a crash's stack
  CHECK(ready->record.id == static_cast<std::uint64_t>(pid_));
}

worker_process::~worker_process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::uint64_t worker_process::add(const detail::slice& payload) {
  wire::record r;
  r.id = ++last_id_;
  r.size = static_cast<std::uint32_t>(payload.size);
  r.kind = static_cast<std::uint16_t>(wire::record_kind::task);
  r.engine = 3;
  batch_.add(r, payload.data);
  return r.id;
}

void worker_process::send() { write(batch_.take(), -1); }

std::uint64_t worker_process::send_as_file(const detail::slice& payload) {
  constexpr std::uint64_t offset = 4096 + 32;
  process::unique_fd file{::memfd_create("test", MFD_CLOEXEC)};
  REQUIRE(::pwrite(file.get(), payload.data, payload.size, offset) == static_cast<ssize_t>(payload.size));
  const worker::file_part part{payload.size, offset};
  wire::record r;
  r.id = ++last_id_;
  r.size = sizeof part;
  r.kind = static_cast<std::uint16_t>(wire::record_kind::task);
  r.flags = wire::transferred;
  r.transfer = ++last_file_;
  batch_.add(r, &part);
  write(batch_.take(), file.get());
  files_.emplace(r.transfer, std::move(file));
  return r.id;
}

void worker_process::recycle(std::uint64_t transfer) {
  wire::record r;
  r.id = transfer;
  r.kind = static_cast<std::uint16_t>(worker::link_kind::recycle);
  batch_.add(r, nullptr);
  send();
}

void worker_process::write(const detail::bytes& data, int fd) {
  for (std::size_t at = 0; at < data.size();) {
    iovec part{data.data() + at, data.size() - at};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    process::descriptor_room room;
    if (fd >= 0 && at == 0) room.attach(message, fd);
    const auto n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (n < 0) return; // the worker has ended, which the test sees when it reads
    at += static_cast<std::size_t>(n);
  }
}

std::optional<answer> worker_process::receive() {
  auto next = in_->next();
  while (next && (take_output(*next) || take_release(*next))) next = in_->next();
  if (!next) return std::nullopt;
  if ((next->record.flags & wire::shared) != 0) { // a part of a file that it was sent
    worker::file_part part;
    REQUIRE(next->payload.size == sizeof part);
    std::memcpy(&part, next->payload.data, sizeof part);
    auto own = detail::bytes::allocate(part.size + part.offset % 16);
    auto* const at = own.data() + part.offset % 16;
    REQUIRE(::pread(files_.at(next->record.transfer).get(), at, part.size, static_cast<off_t>(part.offset)) ==
            static_cast<ssize_t>(part.size));
    return answer{next->record, {std::move(own), at, part.size}};
  }
  if (!next->payload.own) next->payload = detail::bytes::copy(next->payload.data, next->payload.size);
  return answer{next->record, next->payload};
}

/// @return false if it is something else
bool worker_process::take_release(const worker::incoming& in) {
  if (in.record.kind != static_cast<std::uint16_t>(worker::link_kind::release)) return false;
  released_.push_back(in.record.id);
  return true;
}

bool worker_process::take_output(worker::incoming& in) {
  if (in.record.kind == static_cast<std::uint16_t>(worker::link_kind::stream)) {
    ++pipes_;
    return true;
  }
  if (in.record.kind == static_cast<std::uint16_t>(wire::record_kind::published) ||
      in.record.kind == static_cast<std::uint16_t>(wire::record_kind::displayed)) {
    said_[in.record.id].push_back({in.record, std::string{in.payload.text()}});
    return true;
  }
  if (in.record.kind != static_cast<std::uint16_t>(wire::record_kind::output)) return false;
  auto& p = printed_[in.record.id];
  ((in.record.flags & wire::error_stream) != 0 ? p.err : p.out) += in.payload.text();
  p.omitted += in.record.transfer;
  return true;
}

answer worker_process::one(const detail::slice& payload) {
  const auto id = add(payload);
  send();
  auto a = receive();
  REQUIRE(a);
  CHECK(a->record.id == id);
  return *a;
}

void worker_process::hang_up() { ::shutdown(socket_.get(), SHUT_RDWR); }

int worker_process::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

} // namespace pactor::test
