#include "actors/memory_file.hpp"

#include "pactor/error.hpp"

#include <cerrno>
#include <cstring>
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

memory_file::memory_file(std::uint64_t size, shared_memory& from) : memory_{from.allocate(size)}, size_{size} {
  const auto place = memory_ ? from.find(memory_.data()) : std::nullopt;
  if (!place) throw error{ec::system, "no memory for a payload of " + std::to_string(size) + " bytes"};
  own_fd_ = place->fd;
}

detail::bytes memory_file::place(std::uint64_t offset, std::size_t size) const {
  return memory_ && offset == filled_ && size <= size_ - filled_ ? detail::bytes::part(memory_, filled_, size)
                                                                 : detail::bytes{};
}

void memory_file::append(const void* data, std::size_t size) {
  if (!memory_ || size > size_ - filled_) throw error{ec::bad_payload, "a payload is longer than it was announced"};
  if (auto* const to = memory_.data() + filled_; to != data) std::memcpy(to, data, size);
  filled_ += size;
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
