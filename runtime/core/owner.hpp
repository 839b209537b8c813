#pragma once
// Whose a task is.

#include <cstdint>

namespace pactor::core {

/// A client, and the client's own number for one of its tasks.
struct owner {
  std::uint32_t client = 0;
  std::uint64_t number = 0;

  friend bool operator==(const owner&, const owner&) = default;
};

} // namespace pactor::core
