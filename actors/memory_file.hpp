#pragma once
// Large payloads between an engine and its worker: files in memory, passed as descriptors and mapped, not copied.

#include "pactor/detail/bytes.hpp"
#include "runtime/process/unique_fd.hpp"

#include <cstddef>
#include <cstdint>

namespace pactor {

/// A memory file that is filled once and then only read.
class memory_file {
public:
  /// @throws error{system} if there is no memory for it
  explicit memory_file(std::uint64_t size);

  /// Appends. @throws error{system}; @pre not sealed, and it fits
  void append(const void* data, std::size_t size);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return filled_ == size_; }
  /// No one can change it any more: a reader's mapping stays valid whatever others do. @throws error{system}
  void seal();
  [[nodiscard]] int fd() const { return fd_.get(); }

private:
  process::unique_fd fd_;
  std::uint64_t size_, filled_ = 0;
};

/// Maps a file that a worker sent, for reading. @throws error{bad_payload} if it is smaller than `size` or can still
/// shrink under the reader
detail::bytes map_memory_file(process::unique_fd fd, std::uint64_t size);

} // namespace pactor
