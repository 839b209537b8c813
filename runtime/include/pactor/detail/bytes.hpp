#pragma once
// Ref-counted bytes: what crosses every hop between the user's thread and the job without being decoded.

#include "pactor/detail/compiled.hpp"
#include "pactor/detail/large_pages.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace pactor::detail {

/// A block of bytes shared by reference count. Copying it copies a pointer. The data is aligned to 16 bytes and
/// not initialised.
class bytes {
public:
  bytes() noexcept = default;
  bytes(const bytes& other) noexcept : block_{other.block_} {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  bytes(bytes&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  bytes& operator=(bytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~bytes() {
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) block_->release(block_);
  }

  /// @throws std::bad_alloc
  PACTOR_INLINE static bytes allocate(std::size_t size);

  PACTOR_INLINE static bytes copy(const void* data, std::size_t size);

  /// Bytes that live elsewhere, for example in a mapped file: `owner` is destroyed with the last reference.
  PACTOR_INLINE static bytes adopt(std::shared_ptr<const void> owner, char* data, std::size_t size);

  /// A part of other bytes, which it keeps alive.
  PACTOR_INLINE static bytes part(const bytes& all, std::size_t offset, std::size_t size);

  [[nodiscard]] char* data() const noexcept { return block_ ? block_->data : nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return block_ ? block_->size : 0; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Forgets what lies behind the first `size` bytes.
  void shrink(std::size_t size) noexcept {
    if (block_ && size < block_->size) block_->size = size;
  }
  explicit operator bool() const noexcept { return block_ != nullptr; }

private:
  struct alignas(16) block {
    std::atomic<std::uint32_t> references;
    void (*release)(block*);
    std::shared_ptr<const void>* owner;
    char* data;
    std::size_t size;
  };
  explicit bytes(block* b) noexcept : block_{b} {}
  PACTOR_INLINE static void free_block(block* b);
  PACTOR_INLINE static void free_adopted(block* b);
  block* block_ = nullptr;
};

/// A part of shared bytes, which it keeps alive.
struct slice {
  bytes own;
  const char* data = nullptr;
  std::size_t size = 0;

  slice() = default;
  slice(bytes all) : own{std::move(all)}, data{own.data()}, size{own.size()} {} // NOLINT(google-explicit-constructor)
  slice(bytes all, const char* first, std::size_t count) : own{std::move(all)}, data{first}, size{count} {}
  [[nodiscard]] slice sub(std::size_t offset, std::size_t count) const { return {own, data + offset, count}; }
  [[nodiscard]] std::span<const std::byte> span() const { return {reinterpret_cast<const std::byte*>(data), size}; }
  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

#ifdef PACTOR_BODIES
PACTOR_INLINE bytes bytes::allocate(std::size_t size) {
  constexpr auto large = 2 * large_page;
  const auto all = sizeof(block) + size;
  void* memory =
      all < large ? std::malloc(all) : std::aligned_alloc(large_page, (all + large_page - 1) & ~(large_page - 1));
  if (!memory) throw std::bad_alloc{};
  if (all >= large) use_large_pages(memory, all);
  auto* data = static_cast<char*>(memory) + sizeof(block);
  return bytes{new (memory) block{{1}, &free_block, nullptr, data, size}};
}

PACTOR_INLINE bytes bytes::copy(const void* data, std::size_t size) {
  auto result = allocate(size);
  if (size > 0) std::memcpy(result.data(), data, size);
  return result;
}

PACTOR_INLINE bytes bytes::adopt(std::shared_ptr<const void> owner, char* data, std::size_t size) {
  auto keep = std::make_unique<std::shared_ptr<const void>>(std::move(owner));
  void* memory = std::malloc(sizeof(block));
  if (!memory) throw std::bad_alloc{};
  return bytes{new (memory) block{{1}, &free_adopted, keep.release(), data, size}};
}

PACTOR_INLINE bytes bytes::part(const bytes& all, std::size_t offset, std::size_t size) {
  return adopt(std::make_shared<bytes>(all), all.data() + offset, size);
}

PACTOR_INLINE void bytes::free_block(block* b) {
  b->~block();
  std::free(b);
}

PACTOR_INLINE void bytes::free_adopted(block* b) {
  const std::unique_ptr<std::shared_ptr<const void>> owner{b->owner};
  free_block(b);
}
#endif

} // namespace pactor::detail
