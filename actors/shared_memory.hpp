#pragma once
// Memory that a client writes large payloads into and nodes of its host read: pages that were faulted in once are used
// again and again, since fresh ones cost several times the copy.

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
  /// Idle memory of up to this many bytes is kept for the next payloads.
  explicit shared_memory(std::size_t most_idle = std::size_t{1} << 29);

  /// At least `size` bytes, not initialised; nothing if there is no memory to share. They are used again once the last
  /// reference to them is gone.
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
