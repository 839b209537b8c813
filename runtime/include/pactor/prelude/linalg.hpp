#pragma once
// Matrices: the work is Eigen's, inside libpactor_prelude, so that no user needs its headers.

#include "pactor/detail/write.hpp"
#include "pactor/prelude/array_like.hpp"
#include "pactor/prelude/text_writer.hpp"

#include <complex>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace pactor {

/// As [real, imaginary].
template <std::floating_point T>
inline constexpr bool is_encodable<std::complex<T>> = true;

/// Complex numbers, or real ones that could have been complex, such as eigenvalues. Shown, and sent to a client, as
/// an array of real numbers if all imaginary parts are zero; else a client gets one axis more of length 2: real part,
/// imaginary part.
class complex_array {
public:
  using value_type = std::complex<double>;

  PACTOR_PRELUDE_API complex_array();
  /// @throws error{invalid_argument} if there are not as many elements as the shape says
  PACTOR_PRELUDE_API complex_array(std::vector<std::size_t> shape, std::vector<value_type> data);

  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t rank() const noexcept { return shape_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
  [[nodiscard]] const value_type* data() const noexcept { return data_.data(); }
  [[nodiscard]] const value_type* begin() const noexcept { return data_.data(); }
  [[nodiscard]] const value_type* end() const noexcept { return data_.data() + data_.size(); }
  /// @pre i < size()
  [[nodiscard]] const value_type& operator[](std::size_t i) const noexcept { return data_[i]; }
  template <std::integral... I>
  [[nodiscard]] const value_type& operator()(I... indices) const noexcept {
    return data_[detail::offset_of(shape_, indices...)];
  }

  /// True if all imaginary parts are zero.
  [[nodiscard]] PACTOR_PRELUDE_API bool is_real() const noexcept;
  [[nodiscard]] PACTOR_PRELUDE_API ndarray<double> real() const;
  [[nodiscard]] PACTOR_PRELUDE_API ndarray<double> imag() const;

  friend bool operator==(const complex_array&, const complex_array&) = default;

  template <class Packer>
  void msgpack_pack(Packer& p) const {
    write(static_cast<detail::packer&>(p));
  }

private:
  PACTOR_PRELUDE_API void write(detail::packer& p) const;
  [[nodiscard]] ndarray<double> parts(std::vector<std::size_t> shape, std::size_t step, std::size_t first) const;

  std::vector<std::size_t> shape_;
  std::vector<value_type> data_;
};

namespace detail {

template <class R>
concept vector_like = array_like<R> && !shaped_like<R>;

/// An argument of the functions below: any array of numbers, read as doubles; where it lies if it has doubles.
class doubles {
public:
  template <array_like R>
  doubles(const R& r) { // NOLINT(google-explicit-constructor): that is its purpose
    if constexpr (std::same_as<element_of<R>, double> && shaped_like<R>) {
      view_ = {r.shape(), r.data()};
    } else if constexpr (std::same_as<element_of<R>, double> && std::ranges::contiguous_range<const R> &&
                         std::ranges::sized_range<const R>) {
      const std::size_t n = std::ranges::size(r);
      view_ = {{&n, 1}, std::ranges::data(r)};
    } else {
      std::vector<double> copy;
      copy.reserve(length(r));
      for (const auto v : r) copy.push_back(static_cast<double>(v));
      std::vector<std::size_t> shape{copy.size()};
      if constexpr (shaped_like<R>) shape.assign(r.shape().begin(), r.shape().end());
      copy_ = ndarray<double>{std::move(shape), std::move(copy)};
      view_ = copy_;
    }
  }
  doubles(const doubles&) = delete;
  doubles& operator=(const doubles&) = delete;
  [[nodiscard]] const ndarray_view<double>& view() const noexcept { return view_; }

private:
  ndarray<double> copy_;
  ndarray_view<double> view_;
};

[[nodiscard]] PACTOR_PRELUDE_API ndarray<double> product(const doubles& a, const doubles& b);
[[nodiscard]] PACTOR_PRELUDE_API ndarray<double> solution(const doubles& a, const doubles& b);
[[nodiscard]] PACTOR_PRELUDE_API double inner_product(const doubles& a, const doubles& b);
[[nodiscard]] PACTOR_PRELUDE_API double euclidean_norm(const doubles& a);

[[nodiscard]] PACTOR_PRELUDE_API std::vector<double> as_vector(const ndarray<double>& a);

} // namespace detail

namespace prelude {

/// Eigenvalues, and the eigenvector of each as a column.
struct eigen_system {
  complex_array values, vectors;
};
/// Of a symmetric matrix: real, ascending.
struct symmetric_eigen_system {
  std::vector<double> values;
  ndarray<double> vectors;
};
/// a = u * diag(s) * vt; s descending.
struct singular_values {
  ndarray<double> u;
  std::vector<double> s;
  ndarray<double> vt;
};

// Matrices are ndarrays with two dimensions. What does not fit, has no solution, or has nan or infinite elements
// where that makes no sense, throws error{invalid_argument} saying so.

/// The matrix product, numpy's `@`: of ndarrays an ndarray, without the axis of an operand that has one dimension; of a
/// matrix and a vector a vector.
template <class A, class B>
requires(pactor::detail::array_like<A>&& pactor::detail::array_like<B> &&
         (pactor::detail::shaped_like<A> || pactor::detail::shaped_like<B>))
    [[nodiscard]] auto matmul(const A& a, const B& b) {
  auto result = pactor::detail::product(a, b);
  if constexpr (pactor::detail::vector_like<A> || pactor::detail::vector_like<B>)
    return pactor::detail::as_vector(result);
  else
    return result;
}
/// The inner product of two vectors; matmul() if one of them is an ndarray: of two with one dimension an array without
/// any.
template <pactor::detail::vector_like A, pactor::detail::vector_like B>
[[nodiscard]] double dot(const A& a, const B& b) {
  return pactor::detail::inner_product(a, b);
}
template <class A, class B>
requires(pactor::detail::array_like<A>&& pactor::detail::array_like<B> &&
         (pactor::detail::shaped_like<A> || pactor::detail::shaped_like<B>))
    [[nodiscard]] auto dot(const A& a, const B& b) {
  return matmul(a, b);
}
/// The root of the sum of squares.
template <pactor::detail::array_like A>
[[nodiscard]] double norm(const A& a) {
  return pactor::detail::euclidean_norm(a);
}
/// x with a * x = b: a vector for a vector, an ndarray of b's shape for an ndarray.
template <pactor::detail::array_like B>
[[nodiscard]] auto solve(const pactor::detail::doubles& a, const B& b) {
  auto result = pactor::detail::solution(a, b);
  if constexpr (pactor::detail::vector_like<B>)
    return pactor::detail::as_vector(result);
  else
    return result;
}

[[nodiscard]] PACTOR_PRELUDE_API complex_array eigvals(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API eigen_system eig(const pactor::detail::doubles& a);
/// Of a symmetric matrix, of which the lower half is read: real, ascending.
[[nodiscard]] PACTOR_PRELUDE_API std::vector<double> eigvalsh(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API symmetric_eigen_system eigh(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API ndarray<double> inv(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API double det(const pactor::detail::doubles& a);
/// The thin decomposition: numpy's svd(a, full_matrices=False).
[[nodiscard]] PACTOR_PRELUDE_API singular_values svd(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API std::size_t matrix_rank(const pactor::detail::doubles& a);
[[nodiscard]] PACTOR_PRELUDE_API double trace(const pactor::detail::doubles& a);

} // namespace prelude
} // namespace pactor
