#pragma once
// Memory for large payloads that are put together here. Fresh pages cost as much as the copy into them, so those of
// payloads that nobody reads any more are used again.

#include "pactor/detail/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pactor {

/// Thread-safe. What it hands out may outlive it.
class recycled_memory {
public:
  /// @param idle bytes that are kept for the next payloads
  explicit recycled_memory(std::size_t idle) : state_{std::make_shared<state>(idle)} {}

  /// Not initialised. It comes back when the last reference to it goes. @throws std::bad_alloc
  [[nodiscard]] detail::bytes allocate(std::size_t size) {
    if (size < least || size > state_->most) return detail::bytes::allocate(size);
    auto block = state_->take(size);
    if (block.empty()) block = detail::bytes::allocate(size);
    const auto owner = std::make_shared<loan>(state_, std::move(block));
    return detail::bytes::adopt(owner, owner->block.data(), size);
  }
  /// Bytes that wait to be used again.
  [[nodiscard]] std::size_t idle() const {
    const std::lock_guard lock{state_->mutex};
    return state_->bytes;
  }

private:
  static constexpr std::size_t least = std::size_t{1} << 20;

  struct state {
    explicit state(std::size_t idle) : most{idle} {}
    std::mutex mutex;
    std::vector<detail::bytes> blocks;
    std::size_t bytes = 0, most;

    /// Of at least this size, and not much more; else nothing.
    detail::bytes take(std::size_t size) {
      const std::lock_guard lock{mutex};
      const auto fits =
          std::ranges::find_if(blocks, [size](const auto& b) { return b.size() >= size && b.size() / 2 <= size; });
      if (fits == blocks.end()) return {};
      auto block = std::move(*fits);
      blocks.erase(fits);
      bytes -= block.size();
      return block;
    }
    /// The oldest make room.
    void give(detail::bytes block) {
      const std::lock_guard lock{mutex};
      bytes += block.size();
      blocks.push_back(std::move(block));
      while (bytes > most) {
        bytes -= blocks.front().size();
        blocks.erase(blocks.begin());
      }
    }
  };
  /// Comes back with its end.
  struct loan {
    loan(std::shared_ptr<state> from, detail::bytes b) : to{std::move(from)}, block{std::move(b)} {}
    loan(const loan&) = delete;
    loan& operator=(const loan&) = delete;
    ~loan() { to->give(std::move(block)); }
    std::shared_ptr<state> to;
    detail::bytes block;
  };
  std::shared_ptr<state> state_;
};

} // namespace pactor
