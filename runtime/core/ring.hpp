#pragma once
// A double-ended queue that keeps its memory: std::deque gives blocks back and takes them again as it moves along.

#include <cstddef>
#include <utility>
#include <vector>

namespace pactor::core {

/// Elements at consecutive places of a circular buffer. T is default-constructible and movable.
template <class T>
class ring {
public:
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Number `i` from the front. @pre i < size()
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  [[nodiscard]] T& front() noexcept { return (*this)[0]; }
  [[nodiscard]] const T& front() const noexcept { return (*this)[0]; }

  void push_back(T x) {
    if (size_ == slots_.size()) grow();
    ++size_;
    (*this)[size_ - 1] = std::move(x);
  }

  /// @pre !empty()
  T pop_front() {
    auto x = std::exchange(front(), T{});
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
    return x;
  }

  /// @pre !empty()
  T pop_back() {
    auto x = std::exchange((*this)[size_ - 1], T{});
    --size_;
    return x;
  }

  /// Takes out number `i`, moving what lies before it. @pre i < size()
  T take(std::size_t i) {
    auto x = std::move((*this)[i]);
    for (; i > 0; --i) (*this)[i] = std::move((*this)[i - 1]);
    pop_front();
    return x;
  }

private:
  void grow() {
    std::vector<T> more(slots_.empty() ? 16 : slots_.size() * 2); // always a power of two
    for (std::size_t i = 0; i < size_; ++i) more[i] = std::move((*this)[i]);
    slots_ = std::move(more);
    first_ = 0;
  }

  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

} // namespace pactor::core
