#include "runtime/worker/memory_map.hpp"

#include "pactor/error.hpp"
#include "runtime/process/system_error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

namespace pactor::worker {

using process::system_failure;

mapping::mapping(int fd, std::uint64_t offset, std::size_t size, int protection, int flags) : size_{size} {
  auto* at = ::mmap(nullptr, size, protection, MAP_SHARED | flags, fd, static_cast<off_t>(offset));
  if (at == MAP_FAILED) throw system_failure("cannot map " + std::to_string(size) + " bytes", errno);
  data_ = static_cast<char*>(at);
}

mapping::mapping(mapping&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

mapping& mapping::operator=(mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

mapping::~mapping() {
  if (data_) ::munmap(data_, size_);
}

memory_file::memory_file(std::size_t size) : file_{::memfd_create("pactor-result", MFD_CLOEXEC | MFD_ALLOW_SEALING)} {
  if (!file_) throw system_failure("cannot make a memory file", errno);
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0 || ::fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0)
    throw system_failure("no memory for a result of " + std::to_string(size) + " bytes", errno);
  // Populated at once: one fault for each page would cost more than the copy.
  map_ = mapping{file_.get(), 0, size, PROT_READ | PROT_WRITE, MAP_POPULATE};
}

void memory_file::grow(std::size_t size) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    throw system_failure("no memory for a result of " + std::to_string(size) + " bytes", errno);
  map_ = mapping{}; // the content stays in the file
  map_ = mapping{file_.get(), 0, size, PROT_READ | PROT_WRITE, 0};
}

process::unique_fd memory_file::share() const {
  process::unique_fd copy{::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0)};
  if (!copy) throw system_failure("cannot share a memory file", errno);
  return copy;
}

} // namespace pactor::worker
