#pragma once
// Payloads that lie in memory files of the engine: mapped while anything refers to them, then given back.

#include "pactor/detail/bytes.hpp"
#include "runtime/process/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pactor::worker {

/// Thread-safe as far as the last reference to a payload may go in any thread.
class incoming_files {
public:
  incoming_files();

  /// `size` bytes from `offset` of the engine's file number `id`, for reading.
  /// @throws error{bad_payload} if the file is smaller, error{system}
  detail::bytes map(std::uint64_t id, process::unique_fd file, std::uint64_t offset, std::uint64_t size);

  struct place {
    std::uint64_t id = 0, offset = 0; ///< in the file
  };
  /// Where in the engine's files these bytes lie; nothing if they do not.
  [[nodiscard]] std::optional<place> find(const char* data) const;
  /// The files that nothing refers to any more, since the last call. Costs nothing if there are none.
  [[nodiscard]] std::vector<std::uint64_t> take_released();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace pactor::worker
