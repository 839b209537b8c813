#pragma once
// A job as a caller names it, with its types.

#include "pactor/signature.hpp"

#include <string_view>
#include <tuple>
#include <type_traits>

namespace pactor {

namespace detail {
template <class From, class To>
inline constexpr bool convertible_all = false;
template <class... From, class... To>
requires(sizeof...(From) ==
         sizeof...(To)) inline constexpr bool convertible_all<std::tuple<From...>, std::tuple<To...>> =
    (std::is_convertible_v<From, To> && ...);
} // namespace detail

template <class Signature>
class job;

/// A job's name with its C++ types, so that calls are checked at compile time:
/// `inline constexpr pactor::job<double(double)> power10{"power10"};`
template <class R, class... A>
class job<R(A...)> {
public:
  using result_type = R;
  using argument_tuple = std::tuple<std::remove_cvref_t<A>...>;
  static constexpr std::size_t arity = sizeof...(A);
  /// True if the job can be called with arguments of these types.
  template <class... B>
  static constexpr bool callable_with = detail::convertible_all<std::tuple<B...>, std::tuple<A...>>;

  /// @param name must outlive the descriptor: a literal
  constexpr explicit job(std::string_view name) : name_{name} {}
  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }
  [[nodiscard]] static constexpr std::string_view signature() { return signature_of<R(A...)>(); }

private:
  std::string_view name_;
};

} // namespace pactor
