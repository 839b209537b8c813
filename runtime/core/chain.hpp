#pragma once
// A list whose links live in its elements: joining and leaving cost no allocation.

namespace pactor::core {

/// The place of an element in one chain.
template <class T>
struct chain_links {
  T* before = nullptr;
  T* after = nullptr;
};

/// A doubly linked list through the member `Links` of its elements, which it does not own. An element is in at most
/// one chain of the same links.
template <class T, chain_links<T> T::*Links>
class chain {
public:
  [[nodiscard]] T* front() const noexcept { return front_; }
  [[nodiscard]] T* back() const noexcept { return back_; }
  [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
  [[nodiscard]] static T* after(const T& x) noexcept { return (x.*Links).after; }
  [[nodiscard]] static T* before(const T& x) noexcept { return (x.*Links).before; }

  void push_back(T& x) noexcept { insert(x, nullptr); }

  /// Puts `x` in front of `at`, or to the end if `at` is null.
  void insert(T& x, T* at) noexcept {
    auto* before = at ? (at->*Links).before : back_;
    x.*Links = {before, at};
    (before ? (before->*Links).after : front_) = &x;
    (at ? (at->*Links).before : back_) = &x;
  }

  void erase(T& x) noexcept {
    const auto [before, after] = x.*Links;
    (before ? (before->*Links).after : front_) = after;
    (after ? (after->*Links).before : back_) = before;
    x.*Links = {};
  }

private:
  T* front_ = nullptr;
  T* back_ = nullptr;
};

} // namespace pactor::core
