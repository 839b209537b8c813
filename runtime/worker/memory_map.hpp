#pragma once
// Large payloads between a worker and its engine: files in memory, passed as descriptors.

#include "runtime/process/unique_fd.hpp"

#include <cstddef>
#include <cstdint>

namespace pactor::worker {

/// A mapped part of memory.
class mapping {
public:
  mapping() = default;
  /// @throws error{system}
  mapping(int fd, std::uint64_t offset, std::size_t size, int protection, int flags);
  mapping(mapping&& other) noexcept;
  mapping& operator=(mapping&& other) noexcept;
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  ~mapping();

  [[nodiscard]] char* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A memory file to be written through a mapping and sent.
class memory_file {
public:
  /// @throws error{system}
  explicit memory_file(std::size_t size);

  [[nodiscard]] char* data() const noexcept { return map_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return map_.size(); }
  /// Makes it larger; data() may change. @throws error{system}
  void grow(std::size_t size);
  /// A descriptor for a reader; the file will not shrink under it. @throws error{system}
  [[nodiscard]] process::unique_fd share() const;

private:
  process::unique_fd file_;
  mapping map_;
};

} // namespace pactor::worker
