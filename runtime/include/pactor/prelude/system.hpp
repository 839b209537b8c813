#pragma once
// Printing, counting, time, and the engine itself.

#include "pactor/prelude/array_like.hpp"
#include "pactor/prelude/current.hpp"
#include "pactor/prelude/format.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <unistd.h>

namespace pactor::detail {

/// Writes to standard output, behind what was written there by std::cout and printf before.
PACTOR_PRELUDE_API void print_text(std::string_view text);
[[nodiscard]] PACTOR_PRELUDE_API double seconds_since_1970() noexcept;

/// from, from + step, ... up to and without `to`.
template <std::integral T>
class counting {
public:
  class iterator {
  public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    iterator(T at, T step, std::size_t left) : at_{at}, step_{step}, left_{left} {}
    T operator*() const noexcept { return at_; }
    iterator& operator++() noexcept {
      if (--left_ > 0) at_ = static_cast<T>(at_ + step_); // not beyond the last: that could overflow
      return *this;
    }
    iterator operator++(int) noexcept {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.left_ == b.left_; }

  private:
    T at_{}, step_{};
    std::size_t left_ = 0;
  };

  counting(T from, T to, T step) : from_{from}, step_{step} {
    if (step == T{}) throw error{ec::invalid_argument, "range: the step is 0"};
    if (step > T{} ? from >= to : from <= to) return;
    using wide = std::uint64_t; // differences of any two T, and steps of any sign, modulo 2^64
    const auto distance =
        step > T{} ? static_cast<wide>(to) - static_cast<wide>(from) : static_cast<wide>(from) - static_cast<wide>(to);
    const auto stride = step > T{} ? static_cast<wide>(step) : wide{0} - static_cast<wide>(step);
    size_ = static_cast<std::size_t>((distance - 1) / stride + 1);
  }
  [[nodiscard]] iterator begin() const noexcept { return {from_, step_, size_}; }
  [[nodiscard]] iterator end() const noexcept { return {from_, step_, 0}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T operator[](std::size_t i) const noexcept { // modulo 2^64, as a step times i may be beyond any T
    return static_cast<T>(static_cast<std::uint64_t>(from_) + static_cast<std::uint64_t>(step_) * i);
  }

private:
  T from_, step_;
  std::size_t size_ = 0;
};

/// from, from + step, ... in the type that C++ has for all three; in int64 if some of them have a sign and some, such
/// as sizes, have none.
template <class A, class B, class C>
[[nodiscard]] auto count_between(A from, B to, C step) {
  using common = std::common_type_t<A, B, C>;
  using T = std::conditional_t<mixed_signs<A, B, C>, std::int64_t, common>;
  if constexpr (mixed_signs<A, B, C>)
    return counting<T>{as_int64(from), as_int64(to), as_int64(step)};
  else
    return counting<T>{static_cast<T>(from), static_cast<T>(to), static_cast<T>(step)};
}

template <class T>
concept plain_number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

} // namespace pactor::detail

namespace pactor::prelude {

using ::getpid;

/// Prints the values with a space between them, and a line's end. Each as str() has it.
template <class... T>
void print(const T&... values) {
  pactor::detail::text_writer out{pactor::detail::text_style::str};
  [[maybe_unused]] std::size_t i = 0;
  ((out.raw(i++ > 0 ? " " : ""), pactor::detail::put_text(out, values)), ...);
  out.raw("\n");
  pactor::detail::print_text(out.take());
}

/// 0, 1, ... below `to`; to loop over.
template <std::integral T>
[[nodiscard]] auto range(T to) {
  return pactor::detail::counting<T>{T{}, to, T{1}};
}
/// from, from + step, ... before `to`: int64 if some of them have a sign and some, such as sizes, have none.
/// @throws error{invalid_argument} if the step is 0, or one of them beyond int64 then
template <std::integral A, std::integral B>
[[nodiscard]] auto range(A from, B to) {
  return pactor::detail::count_between(from, to, std::common_type_t<A, B>{1});
}
template <std::integral A, std::integral B, std::integral C>
[[nodiscard]] auto range(A from, B to, C step) {
  return pactor::detail::count_between(from, to, step);
}

/// Number of elements; of an array with a shape its first dimension; of a string its bytes.
template <class T>
requires requires(const T& v) { std::size(v); }
[[nodiscard]] std::size_t len(const T& v) {
  if constexpr (std::is_array_v<T> && std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char>)
    return std::string_view{v}.size();
  else if constexpr (requires { v.shape(); })
    return v.shape().empty() ? 1 : v.shape()[0];
  else
    return std::size(v);
}

/// The engine's number. @throws error{invalid_argument} outside of a snippet, as here() does
[[nodiscard]] inline int engine() { return here().engine(); }
/// The name of the host that this runs on.
[[nodiscard]] PACTOR_PRELUDE_API std::string hostname();

/// Waits so many seconds, unless the snippet is cancelled. @throws interrupted
template <pactor::detail::plain_number T>
void sleep(T seconds) {
  const std::chrono::duration<double> time{seconds > T{} ? static_cast<double>(seconds) : 0.0};
  here().sleep_for(time);
}
template <class Rep, class Period>
void sleep(std::chrono::duration<Rep, Period> time) {
  here().sleep_for(time);
}

/// Seconds since 1970.
[[nodiscard]] inline double time() noexcept { return pactor::detail::seconds_since_1970(); }

/// Measures time from when it was made.
class timer {
public:
  /// Seconds since it was made or restarted.
  [[nodiscard]] double elapsed() const noexcept {
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - begin_}.count();
  }
  void restart() noexcept { begin_ = std::chrono::steady_clock::now(); }

private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace pactor::prelude
