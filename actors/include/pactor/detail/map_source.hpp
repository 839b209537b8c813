#pragma once
// The sequences of a call: any range, or an array along its first axis, cut into parts that encode without a detour
// where memory allows it.

#include "pactor/detail/parts.hpp"

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

template <class S>
concept array_like = is_a<std::remove_cvref_t<S>, ndarray> || is_a<std::remove_cvref_t<S>, ndarray_view>;

/// One sequence of a call as elements of type E.
template <class E, sequence S>
class map_source {
public:
  using element = E;
  /// What a part of it is, for the check of signatures.
  using whole = std::vector<E>;

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

  /// These elements, for encoding: from where they lie, or a copy.
  [[nodiscard]] auto part(const stretch& s) const {
    if constexpr (numeric<E> && addressable)
      return number_part<E, std::ranges::iterator_t<S>>{std::ranges::begin(range_), s};
    else if constexpr (numeric<E>)
      return number_part<E, typename std::vector<E>::const_iterator>{elements_.begin(), s};
    else
      return copy(s);
  }
  /// One of them.
  [[nodiscard]] E single(std::size_t i) const {
    if constexpr (addressable)
      return convert_argument<E>(*(std::ranges::begin(range_) + static_cast<std::ranges::range_difference_t<S>>(i)));
    else
      return elements_[i];
  }

private:
  /// Parts can be found without walking there.
  static constexpr bool addressable = std::ranges::random_access_range<S> && std::ranges::sized_range<S>;

  std::vector<E> copy(const stretch& s) const {
    std::vector<E> result;
    result.reserve(s.count);
    for (std::size_t i = 0; i < s.count; ++i) result.push_back(single(s.first + i * s.step));
    return result;
  }

  S& range_;
  std::vector<E> elements_;
};

/// An array as the rows along its first axis, which are arrays again. E is what a job takes them as.
template <class E, sequence S>
requires(array_like<S> && !numeric<E>) class map_source<E, S> {
  using T = typename std::remove_cvref_t<S>::value_type;

public:
  using element = E;
  using whole = ndarray<T>;

  /// @throws error{invalid_argument} for an array without dimensions
  explicit map_source(const S& array) : array_{array} {
    if (array_.rank() == 0) throw error{ec::invalid_argument, "an array without dimensions can't be divided"};
  }
  [[nodiscard]] std::size_t size() const { return array_.shape()[0]; }
  [[nodiscard]] row_part<T> part(const stretch& s) const { return {array_, s}; }
  [[nodiscard]] single_row<T> single(std::size_t i) const { return {array_, i}; }

private:
  ndarray_view<T> array_;
};

/// What a sequence is divided into for scatter(): its own elements, an array's rows.
template <class S>
struct own_element {
  using type = std::remove_cvref_t<std::ranges::range_value_t<S>>;
};
template <class S>
requires array_like<S>
struct own_element<S> {
  using type = ndarray<typename std::remove_cvref_t<S>::value_type>;
};
template <class S>
using own_source = map_source<typename own_element<std::remove_reference_t<S>>::type, std::remove_reference_t<S>>;

/// An argument that every call gets as it is.
template <class A>
class whole_source {
public:
  using whole = A;
  explicit whole_source(const A& argument) : argument_{argument} {}
  [[nodiscard]] const A& part(const stretch&) const { return argument_; }

private:
  const A& argument_;
};

/// How an argument of a parallel function is divided, for a parameter of type P; void if that is not known.
template <class P, class A>
struct divided {
  using type = whole_source<std::remove_cvref_t<A>>;
};
template <class P, sequence A>
struct divided<P, A> {
  using type = own_source<A>;
};
template <class P, sequence A>
requires(!array_like<A> && requires { typename owner_of_t<P>::value_type; }) struct divided<P, A> {
  using type = map_source<typename owner_of_t<P>::value_type, std::remove_reference_t<A>>;
};

template <class Source>
concept dividing = requires(const Source& s) {
  s.size();
};

} // namespace detail
} // namespace pactor
