#pragma once
// The sequences of a map: any range, cut into parts that encode without a detour where memory allows it.

#include "pactor/detail/block.hpp"
#include "pactor/ndarray.hpp"

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor {

/// What map() takes: a range that is not a text.
template <class S>
concept sequence = std::ranges::input_range<S> && !std::convertible_to<S, std::string_view>;

namespace detail {

/// The type that owns what a job's parameter of type P may only view.
template <class P>
struct owner_of {
  using type = P;
};
template <>
struct owner_of<std::string_view> {
  using type = std::string;
};
template <class T, std::size_t N>
struct owner_of<std::span<T, N>> {
  using type = std::vector<std::remove_cv_t<T>>;
};
template <class T>
struct owner_of<ndarray_view<T>> {
  using type = ndarray<T>;
};
template <class P>
using owner_of_t = typename owner_of<std::remove_cvref_t<P>>::type;

/// `x` as a job's parameter of type T. @throws error{signature_mismatch} for a number that would lose its value
template <class T, class X>
T convert_argument(X&& x) {
  using given = std::remove_cvref_t<X>;
  if constexpr (numeric<T> && numeric<given> && !std::same_as<T, given>)
    return convert_number<T>(x);
  else
    return T(std::forward<X>(x));
}

/// One sequence of a map as elements of type E.
template <class E, sequence S>
class map_source {
public:
  using element = E;

  explicit map_source(S& range) : range_{range} {
    if constexpr (!addressable) {
      for (auto&& x : range) elements_.push_back(convert_argument<E>(std::forward<decltype(x)>(x)));
    }
  }

  [[nodiscard]] std::size_t size() const {
    if constexpr (addressable)
      return static_cast<std::size_t>(std::ranges::size(range_));
    else
      return elements_.size();
  }

  /// The elements from `first` on: as they lie in memory, or a copy.
  [[nodiscard]] auto part(std::size_t first, std::size_t count) const {
    if constexpr (in_place)
      return std::span<const E>{std::ranges::data(range_) + first, count};
    else if constexpr (addressable)
      return copy(first, count);
    else
      return std::vector<E>(elements_.begin() + static_cast<std::ptrdiff_t>(first),
                            elements_.begin() + static_cast<std::ptrdiff_t>(first + count));
  }

private:
  /// Parts can be found without walking there.
  static constexpr bool addressable = std::ranges::random_access_range<S> && std::ranges::sized_range<S>;
  static constexpr bool in_place =
      addressable && numeric<E> && std::ranges::contiguous_range<S> && std::same_as<std::ranges::range_value_t<S>, E>;

  auto at(std::size_t index) const {
    return std::ranges::begin(range_) + static_cast<std::ranges::range_difference_t<S>>(index);
  }
  std::vector<E> copy(std::size_t first, std::size_t count) const {
    std::vector<E> result;
    result.reserve(count);
    for (auto x = at(first), end = at(first + count); x != end; ++x) result.push_back(convert_argument<E>(*x));
    return result;
  }

  S& range_;
  std::vector<E> elements_;
};

} // namespace detail
} // namespace pactor
