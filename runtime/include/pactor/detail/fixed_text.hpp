#pragma once
// Texts of a size known at compile time: what type names and signatures are put together from, and what the table of
// jobs in a library's file is made of.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace pactor::detail {

template <std::size_t N>
struct fixed_text {
  char data[N + 1] = {};

  constexpr fixed_text() = default;
  constexpr fixed_text(const char (&text)[N + 1]) { // NOLINT(google-explicit-constructor)
    std::copy_n(text, N, data);
  }
  constexpr explicit fixed_text(std::string_view text) { std::copy_n(text.data(), N, data); }
  [[nodiscard]] constexpr std::string_view view() const { return {data, N}; }
  [[nodiscard]] static constexpr std::size_t size() { return N; }
};
template <std::size_t N>
fixed_text(const char (&)[N]) -> fixed_text<N - 1>;

template <std::size_t A, std::size_t B>
constexpr fixed_text<A + B> operator+(const fixed_text<A>& a, const fixed_text<B>& b) {
  fixed_text<A + B> sum;
  std::copy_n(a.data, A, sum.data);
  std::copy_n(b.data, B, sum.data + A);
  return sum;
}

/// `a, b, c`
template <std::size_t S>
constexpr fixed_text<0> join(const fixed_text<S>&) {
  return {};
}
template <std::size_t S, class First, class... Rest>
constexpr auto join(const fixed_text<S>& separator, const First& first, const Rest&... rest) {
  return (first + ... + (separator + rest));
}

} // namespace pactor::detail
