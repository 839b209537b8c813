#include "actors/memory_file.hpp"

#include "pactor/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pactor {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw error{ec::system, what + ": " + std::generic_category().message(errno)};
}

std::uint64_t page_size() {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

} // namespace

void require_part(int fd, std::uint64_t offset, std::uint64_t size) {
  struct stat info {};
  const auto seals = ::fcntl(fd, F_GET_SEALS);
  const auto whole = ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (size == 0 || size > whole || offset > whole - size || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    throw error{ec::bad_payload, "a memory file does not hold what was announced"};
}

memory_file::memory_file(std::uint64_t size)
    : fd_{::memfd_create("pactor-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING)}, size_{size} {
  if (!fd_) fail("no memory file for a payload of " + std::to_string(size) + " bytes");
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
    fail("no memory for a payload of " + std::to_string(size) + " bytes");
}

void memory_file::append(const void* data, std::size_t size) {
  if (size > size_ - filled_) throw error{ec::bad_payload, "a payload is longer than it was announced"};
  const auto* from = static_cast<const char*>(data);
  while (size > 0) {
    const auto n = ::pwrite(fd_.get(), from, size, static_cast<off_t>(filled_));
    if (n < 0) {
      if (errno == EINTR) continue;
      fail("no memory for a payload");
    }
    from += n;
    size -= static_cast<std::size_t>(n);
    filled_ += static_cast<std::uint64_t>(n);
  }
}

void memory_file::seal() {
  if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    fail("a payload's memory file could not be sealed");
}

void memory_file::adopt(process::unique_fd file, std::uint64_t offset, std::function<void()> release) {
  require_part(file.get(), offset, size_);
  fd_ = std::move(file);
  offset_ = offset;
  filled_ = size_;
  release_ = std::move(release);
}

detail::bytes map_memory_file(int fd, std::uint64_t offset, std::uint64_t size, std::shared_ptr<const void> keep) {
  require_part(fd, offset, size);
  const auto lead = offset % page_size();
  const auto length = lead + size;
  void* at = ::mmap(nullptr, length, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(offset - lead));
  if (at == MAP_FAILED) fail("a result could not be mapped");
  auto mapping = std::shared_ptr<const void>(
      at, [length, keep = std::move(keep)](const void* p) { ::munmap(const_cast<void*>(p), length); });
  return detail::bytes::adopt(std::move(mapping), static_cast<char*>(at) + lead, size);
}

} // namespace pactor
