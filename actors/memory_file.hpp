#pragma once
// Large payloads between an engine and its worker: files in memory, passed as descriptors and mapped, not copied.

#include "actors/shared_memory.hpp"
#include "pactor/detail/bytes.hpp"
#include "runtime/process/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace pactor {

/// A payload in a memory file, filled once and then only read: by appending to a file of our own, or with a part of
/// one that another process made.
class memory_file {
public:
  /// Its content comes from another process.
  struct announced {};

  /// To be appended to, in memory that is used again. @throws error{system} if there is none
  memory_file(std::uint64_t size, shared_memory& from);
  /// To be adopted.
  memory_file(announced, std::uint64_t size) : size_{size} {}
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() {
    if (release_) release_();
  }

  /// Where `size` bytes from `offset` of the payload belong, so that they are received without a copy; empty if they
  /// are not the next ones, or do not fit.
  [[nodiscard]] detail::bytes place(std::uint64_t offset, std::size_t size) const;
  /// Appends; costs nothing if the bytes are in their place already. @throws error{bad_payload} if they do not fit
  void append(const void* data, std::size_t size);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return filled_ == size_; }
  /// Takes `size()` bytes from `offset` of this file; `release` is called when nobody here needs them any more.
  /// @throws error{bad_payload} if they are not in it, or it can still shrink under its readers
  void adopt(process::unique_fd file, std::uint64_t offset, std::function<void()> release);

  [[nodiscard]] int fd() const { return memory_ ? own_fd_ : fd_.get(); }
  /// Where in the file the payload begins.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

private:
  detail::bytes memory_; // of our own
  int own_fd_ = -1;      // of memory_
  process::unique_fd fd_;
  std::uint64_t size_, filled_ = 0, offset_ = 0;
  std::function<void()> release_;
};

/// @throws error{bad_payload} if the file does not hold `size` bytes from `offset`, or can still shrink
void require_part(int fd, std::uint64_t offset, std::uint64_t size);

/// Maps `size` bytes from `offset` of a file that another process made, for reading.
/// @param keep  is kept as long as anybody refers to the bytes
/// @throws error{bad_payload} if they are not in it, or it can still shrink under the reader
detail::bytes map_memory_file(int fd, std::uint64_t offset, std::uint64_t size, std::shared_ptr<const void> keep = {});

} // namespace pactor
