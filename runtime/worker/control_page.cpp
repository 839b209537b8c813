#include "runtime/worker/control_page.hpp"

#include "pactor/error.hpp"

#include <cerrno>
#include <climits>
#include <ctime>
#include <fcntl.h>
#include <linux/futex.h>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pactor::worker {

namespace {

constexpr auto page_size = static_cast<off_t>(sizeof(control_page));

[[noreturn]] void refuse(const char* what) {
  throw error{ec::system, std::string{what} + ": " + std::generic_category().message(errno)};
}

control_page* map(int fd) {
  const auto flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* at = ::mmap(nullptr, sizeof(control_page), PROT_READ | PROT_WRITE, flags, fd, 0);
  if (at == MAP_FAILED) refuse("no memory for a worker's control page");
  return static_cast<control_page*>(at);
}

bool is_page(int fd) {
  struct stat s {};
  return ::fstat(fd, &s) == 0 && s.st_size == page_size && (::fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) != 0;
}

} // namespace

control_memory control_memory::create() {
  const int fd = ::memfd_create("pactor-control", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) refuse("no memory for a worker's control page");
  control_memory result{fd, nullptr};
  // Sealed: a job that shrinks it would take the node along.
  if (::ftruncate(fd, page_size) != 0 || ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    refuse("no memory for a worker's control page");
  result.page_ = new (map(fd)) control_page;
  return result;
}

control_memory control_memory::open(int fd) {
  if (is_page(fd)) return {-1, map(fd)}; // its content stays
  return {-1, new (map(-1)) control_page};
}

control_memory::control_memory(control_memory&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, page_{std::exchange(other.page_, nullptr)} {}

control_memory& control_memory::operator=(control_memory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(page_, other.page_);
  return *this;
}

control_memory::~control_memory() {
  if (page_) ::munmap(page_, sizeof(control_page));
  if (fd_ >= 0) ::close(fd_);
}

void control_memory::ring() const noexcept {
  page_->bell.fetch_add(1);
  ::syscall(SYS_futex, &page_->bell, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void wait_for_bell(const std::atomic<std::uint32_t>& bell, std::uint32_t seen, std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  const timespec limit{nanoseconds / second, nanoseconds % second};
  ::syscall(SYS_futex, &bell, FUTEX_WAIT, seen, &limit, nullptr, 0);
}

} // namespace pactor::worker
