#pragma once
// Memory files for large results: used again once nobody reads the result in them any more, since fresh pages cost
// several times what is written to them.

#include "runtime/worker/memory_map.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace pactor::worker {

class result_files {
public:
  /// Files of up to this many bytes in all are kept for the next results.
  explicit result_files(std::size_t most_idle = std::size_t{256} << 20) : most_idle_{most_idle} {}

  /// A file of at least `size` bytes. @throws error{system}
  [[nodiscard]] memory_file take(std::size_t size);
  /// The file was sent. @return the number by which recycle() is told; 0: it is not waited for, since many are out
  std::uint64_t lend(memory_file file);
  /// Many results are out that nobody has read yet: each costs a descriptor, here and in the node.
  [[nodiscard]] bool crowded() const noexcept { return lent_.size() >= most_lent; }
  /// Nobody reads that file any more; unknown numbers are ignored.
  void recycle(std::uint64_t number);
  /// Bytes that wait to be used again.
  [[nodiscard]] std::size_t idle() const noexcept { return idle_bytes_; }

private:
  static constexpr std::size_t most_lent = 64;
  std::size_t most_idle_, idle_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, memory_file> lent_;
  std::multimap<std::size_t, memory_file> idle_; // by size
};

} // namespace pactor::worker
