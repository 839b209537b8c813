#pragma once
// Arrays with a shape: row-major (the last index runs fastest), as C, NumPy and the payload format have them.

#include "pactor/detail/compiled.hpp"
#include "pactor/detail/dtype.hpp"
#include "pactor/error.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pactor {

/// The most dimensions an array can have.
inline constexpr std::size_t max_rank = 16;

namespace detail {

/// Elements of an array of this shape. @return false if that overflows
constexpr bool count_elements(std::span<const std::size_t> shape, std::size_t& count) noexcept {
  count = 1;
  for (const auto n : shape)
    if (__builtin_mul_overflow(count, n, &count)) return false;
  return true;
}

PACTOR_INLINE std::size_t checked_count(std::span<const std::size_t> shape);

/// Where the element with these indices lies.
template <std::integral... I>
constexpr std::size_t offset_of(std::span<const std::size_t> shape, I... indices) noexcept {
  std::size_t offset = 0, axis = 0;
  ((offset = offset * shape[axis++] + static_cast<std::size_t>(indices)), ...);
  return offset;
}

} // namespace detail

/// An array that owns its elements.
template <numeric T>
class ndarray {
public:
  using value_type = T;

  /// One dimension, no elements.
  ndarray() : shape_{0} {}

  /// Zeros. @throws error{invalid_argument} beyond max_rank, error{too_large}
  explicit ndarray(std::vector<std::size_t> shape) : shape_{std::move(shape)}, data_(detail::checked_count(shape_)) {}

  /// @param data the elements in row-major order; as many as the shape says
  /// @throws error{invalid_argument}
  ndarray(std::vector<std::size_t> shape, std::vector<T> data) : shape_{std::move(shape)}, data_{std::move(data)} {
    if (const auto count = detail::checked_count(shape_); count != data_.size())
      throw error{ec::invalid_argument,
                  "a shape of " + std::to_string(count) + " elements with " + std::to_string(data_.size()) + " values"};
  }

  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t rank() const noexcept { return shape_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
  [[nodiscard]] bool empty() const noexcept { return data_.empty(); }
  [[nodiscard]] T* data() noexcept { return data_.data(); }
  [[nodiscard]] const T* data() const noexcept { return data_.data(); }
  [[nodiscard]] std::span<T> values() noexcept { return data_; }
  [[nodiscard]] std::span<const T> values() const noexcept { return data_; }
  auto begin() noexcept { return data_.begin(); }
  auto begin() const noexcept { return data_.begin(); }
  auto end() noexcept { return data_.end(); }
  auto end() const noexcept { return data_.end(); }

  /// The element at these indices. @pre rank() indices, each below its dimension
  template <std::integral... I>
  T& operator()(I... indices) noexcept {
    return data_[detail::offset_of(shape_, indices...)];
  }
  template <std::integral... I>
  const T& operator()(I... indices) const noexcept {
    return data_[detail::offset_of(shape_, indices...)];
  }

  friend bool operator==(const ndarray&, const ndarray&) = default;

private:
  std::vector<std::size_t> shape_;
  std::vector<T> data_;
};

/// An array whose elements live elsewhere: as a job's parameter, in the payload itself.
template <numeric T>
class ndarray_view {
public:
  using value_type = T;

  ndarray_view() = default;

  /// @pre data has as many elements as the shape says. @throws error{invalid_argument} beyond max_rank
  ndarray_view(std::span<const std::size_t> shape, const T* data)
      : rank_{shape.size()}, size_{detail::checked_count(shape)}, data_{data} {
    for (std::size_t i = 0; i < rank_; ++i) shape_[i] = shape[i];
  }
  ndarray_view(const ndarray<T>& array) : ndarray_view{array.shape(), array.data()} {} // NOLINT(google-explicit-*)

  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return {shape_.data(), rank_}; }
  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::span<const T> values() const noexcept { return {data_, size_}; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }

  /// The element at these indices. @pre rank() indices, each below its dimension
  template <std::integral... I>
  const T& operator()(I... indices) const noexcept {
    return data_[detail::offset_of(shape(), indices...)];
  }

private:
  std::array<std::size_t, max_rank> shape_{};
  std::size_t rank_ = 1, size_ = 0;
  const T* data_ = nullptr;
};

#ifdef PACTOR_BODIES
PACTOR_INLINE std::size_t detail::checked_count(std::span<const std::size_t> shape) {
  std::size_t count = 0;
  if (shape.size() > max_rank)
    throw error{ec::invalid_argument, "an array of " + std::to_string(shape.size()) + " dimensions; the limit is " +
                                          std::to_string(max_rank)};
  if (!detail::count_elements(shape, count)) throw error{ec::too_large, "the shape of an array overflows"};
  return count;
}
#endif

} // namespace pactor
