#pragma once
// A heap whose elements are told their places, so that those can be changed and removed that are not in front.

#include <cstddef>
#include <span>
#include <vector>

namespace pactor::core {

/// The least element is in front. T has operator<, and moved(place), which is called with each new place.
template <class T>
class indexed_heap {
public:
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const T& front() const noexcept { return all_.front(); }
  [[nodiscard]] const T& operator[](std::size_t place) const noexcept { return all_[place]; }
  /// In no order, except that the least is in front.
  [[nodiscard]] std::span<const T> all() const noexcept { return all_; }

  void push(const T& x) {
    all_.emplace_back();
    update(all_.size() - 1, x);
  }

  void remove(std::size_t place) {
    const auto last = all_.back();
    all_.pop_back();
    if (place < all_.size()) update(place, last);
  }

  /// What stood at `place` is now x. Cost: a logarithm of the elements.
  void update(std::size_t place, const T x) {
    for (; place > 0 && x < all_[(place - 1) / 2]; place = (place - 1) / 2) put(all_[(place - 1) / 2], place);
    for (;;) {
      auto child = 2 * place + 1;
      if (child + 1 < all_.size() && all_[child + 1] < all_[child]) ++child;
      if (child >= all_.size() || !(all_[child] < x)) break;
      put(all_[child], place);
      place = child;
    }
    put(x, place);
  }

private:
  void put(const T& x, std::size_t place) {
    all_[place] = x;
    x.moved(place);
  }

  std::vector<T> all_;
};

} // namespace pactor::core
