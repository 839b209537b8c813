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

} // namespace

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

detail::bytes map_memory_file(process::unique_fd fd, std::uint64_t size) {
  struct stat info {};
  const auto seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (::fstat(fd.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) < size || seals < 0 ||
      (seals & F_SEAL_SHRINK) == 0)
    throw error{ec::bad_payload, "the worker's memory file does not hold what it announced"};
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (at == MAP_FAILED) fail("a result could not be mapped");
  auto mapping = std::shared_ptr<const void>(at, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return detail::bytes::adopt(std::move(mapping), static_cast<char*>(at), size);
}

} // namespace pactor
