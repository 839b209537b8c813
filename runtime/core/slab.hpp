#pragma once
// Storage for tasks that are named by number: no allocation a task, stable addresses, and numbers that never come
// back, so that whatever arrives late about a task that has ended finds nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace pactor::core {

/// Values of type T with ids of `generation << 32 | life << 26 | slot`. An address holds until its value is released.
/// T needs a public `std::uint64_t id`, which the slab sets.
template <class T>
class slab {
public:
  /// Ids of different lives (modulo 64) never coincide: what a node names from an earlier one is not found.
  /// @pre empty
  void set_life(std::uint32_t life) noexcept { life_ = (life & 63U) << slot_bits; }

  /// Stores a value under a fresh id.
  T& add(T value) {
    auto& at = add();
    const auto id = at.id;
    at = std::move(value);
    at.id = id;
    return at;
  }

  /// The same with a default one, which lies there already.
  T& add() {
    const auto slot = free_.empty() ? unused_++ : pop_free();
    if (slot / chunk_size == chunks_.size()) chunks_.push_back(std::make_unique<chunk>());
    auto& at = (*chunks_[slot / chunk_size])[slot % chunk_size];
    at.id = next_id(slot);
    ++live_;
    return at;
  }

  /// @return nothing if the id was never given out, renewed or released
  [[nodiscard]] T* find(std::uint64_t id) noexcept {
    const auto slot = slot_of(id);
    if (slot >= unused_) return nullptr;
    auto& at = (*chunks_[slot / chunk_size])[slot % chunk_size];
    return id != 0 && at.id == id ? &at : nullptr;
  }

  /// Gives the value a new id; the old one is forgotten.
  void renew(T& value) noexcept { value.id = next_id(slot_of(value.id)); }

  /// Destroys the value.
  void release(T& value) {
    const auto slot = slot_of(value.id);
    value = T{};
    if (--live_ > 0)
      free_.push_back(slot);
    else
      shrink();
  }

  [[nodiscard]] std::size_t size() const noexcept { return live_; }

  /// Calls f(value) with each, in no order, until it returns false.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t slot = 0; slot < unused_; ++slot)
      if (const auto& at = (*chunks_[slot / chunk_size])[slot % chunk_size]; at.id != 0 && !f(at)) return;
  }

private:
#ifdef PACTOR_FUZZING
  static constexpr std::uint32_t chunk_size = 4; // each input begins anew; and the borders of chunks are near
#else
  static constexpr std::uint32_t chunk_size = 1024;
#endif
  // What stays allocated after a flood has passed.
  static constexpr std::size_t kept_chunks = 16;
  using chunk = std::array<T, chunk_size>;

  static constexpr unsigned slot_bits = 26; // 67 million tasks at a time

  static std::uint32_t slot_of(std::uint64_t id) noexcept {
    return static_cast<std::uint32_t>(id) & ((1U << slot_bits) - 1);
  }
  std::uint32_t pop_free() {
    const auto slot = free_.back();
    free_.pop_back();
    return slot;
  }
  std::uint64_t next_id(std::uint32_t slot) noexcept {
    if (++generation_ == 0) generation_ = 1;
    return std::uint64_t{generation_} << 32 | life_ | slot;
  }
  void shrink() {
    unused_ = 0;
    free_.clear();
    if (chunks_.size() <= kept_chunks) return;
    chunks_.resize(kept_chunks);
    free_.shrink_to_fit();
  }

  std::vector<std::unique_ptr<chunk>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t unused_ = 0; // slots from here on were not used since the slab was last empty
  std::uint32_t generation_ = 0;
  std::uint32_t life_ = 0;
  std::size_t live_ = 0;
};

} // namespace pactor::core
