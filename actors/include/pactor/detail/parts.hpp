#pragma once
// Parts of sequences as they are encoded: numbers go from where they lie into the payload, copied once.

#include "pactor/codec.hpp"
#include "pactor/ndarray.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

/// The elements first, first + step, ... of a sequence, `count` of them.
struct stretch {
  std::size_t first = 0, count = 0, step = 1;
};

/// What a range's element of type X can be given to a parameter of type T as. A number is no size of a container.
template <class X, class T>
concept convertible_argument = std::constructible_from<T, X> &&
    (!std::is_arithmetic_v<std::remove_cvref_t<X>> || std::convertible_to<X, T>);

/// `x` as a job's parameter of type T. @throws error{signature_mismatch} for a number that would lose its value
template <class T, class X>
T convert_argument(X&& x) {
  using given = std::remove_cvref_t<X>;
  static_assert(convertible_argument<X, T>, "the elements of this range do not fit the job's parameter");
  if constexpr (numeric<T> && numeric<given> && !std::same_as<T, given>)
    return convert_number<T>(x);
  else
    return T(std::forward<X>(x));
}

/// Numbers of a range with random access, as type E: what a vector of them would travel as.
template <numeric E, std::random_access_iterator Iterator>
class number_part {
public:
  /// @param begin of the whole sequence
  number_part(Iterator begin, const stretch& s) : begin_{begin}, s_{s} {}

  void msgpack_pack(packer& p) const {
    if constexpr (in_place) {
      if (s_.step == 1) return write(p, std::span<const E>{std::to_address(at(0)), s_.count});
    }
    if constexpr (byte_like<E>) {
      std::vector<E> copy(s_.count);
      fill([&copy](std::size_t i, E x) { copy[i] = x; });
      write(p, copy);
    } else {
      auto* out = p.out().open_block(dtype_of<E>(), {&s_.count, 1}, s_.count * sizeof(E));
      fill([out](std::size_t i, E x) { std::memcpy(out + i * sizeof x, &x, sizeof x); });
    }
  }
  [[nodiscard]] std::size_t encoded_bytes() const { return s_.count * sizeof(E) + 40; }

private:
  static constexpr bool in_place =
      std::contiguous_iterator<Iterator> && std::same_as<E, std::remove_cvref_t<std::iter_reference_t<Iterator>>>;

  [[nodiscard]] Iterator at(std::size_t i) const {
    return s_.count == 0 ? begin_ : begin_ + static_cast<std::iter_difference_t<Iterator>>(s_.first + i * s_.step);
  }
  void fill(auto put) const {
    for (std::size_t i = 0; i < s_.count; ++i)
      put(i, convert_argument<E>(static_cast<std::iter_value_t<Iterator>>(*at(i))));
  }

  Iterator begin_;
  stretch s_;
};

/// Rows of an array along its first axis: an array of the same rank.
template <numeric T>
class row_part {
public:
  /// @pre array.rank() > 0
  row_part(const ndarray_view<T>& array, const stretch& s) : array_{array}, s_{s} {}

  void msgpack_pack(packer& p) const {
    std::array<std::size_t, max_rank> shape{};
    std::ranges::copy(array_.shape(), shape.begin());
    shape[0] = s_.count;
    const std::span<const std::size_t> extent{shape.data(), array_.rank()};
    const auto row = row_size();
    const auto* data = s_.count == 0 ? array_.data() : array_.data() + s_.first * row;
    if (s_.step == 1) return write_block(p.out(), extent, data, s_.count * row);
    auto* out = p.out().open_block(dtype_of<T>(), extent, s_.count * row * sizeof(T));
    for (std::size_t i = 0; i < s_.count; ++i, data += s_.step * row, out += row * sizeof(T))
      if (row > 0) std::memcpy(out, data, row * sizeof(T));
  }
  [[nodiscard]] std::size_t encoded_bytes() const { return s_.count * row_size() * sizeof(T) + 160; }

private:
  [[nodiscard]] std::size_t row_size() const {
    const auto shape = array_.shape();
    return shape[0] == 0 ? 0 : array_.size() / shape[0];
  }
  ndarray_view<T> array_;
  stretch s_;
};

/// One row of an array: an array of one rank less, of a vector a number.
template <numeric T>
struct single_row {
  ndarray_view<T> array;
  std::size_t index = 0;

  void msgpack_pack(packer& p) const {
    if (array.rank() == 1) return write(p, array.data()[index]);
    const auto row = array.size() / array.shape()[0];
    write_block(p.out(), array.shape().subspan(1), array.data() + index * row, row);
  }
};

} // namespace pactor::detail
