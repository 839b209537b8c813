#pragma once
// Memory that other processes of the host read: a client's payloads for its nodes, a node's for its workers. Pages that
// were faulted in once are used again and again, since fresh ones cost several times the copy.

#include "pactor/detail/bytes.hpp"
#include "runtime/process/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace pactor {

/// Thread-safe. What it hands out may outlive it.
class shared_memory {
public:
  struct limits {
    std::size_t idle = std::size_t{1} << 29; ///< bytes kept for the next payloads
    std::size_t in_use = SIZE_MAX;           ///< payloads; each is a descriptor of this process
  };
  shared_memory() : shared_memory{limits{}} {}
  explicit shared_memory(limits most);

  /// At least `size` bytes, not initialised; nothing if there is no memory to share, or too many are
  /// in use. They are used again once the last reference to them is gone.
  [[nodiscard]] detail::bytes allocate(std::size_t size);

  /// A payload in shared memory.
  struct place {
    int fd = -1;
    std::uint64_t offset = 0;
  };
  /// Where these bytes lie; nothing if they were not allocated here.
  [[nodiscard]] std::optional<place> find(const char* data) const;
  /// Bytes that wait to be used again.
  [[nodiscard]] std::size_t idle() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace pactor
