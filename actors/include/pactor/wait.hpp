#pragma once
// Waiting for several results at a time.

#include "pactor/detail/submission.hpp"

#include <concepts>
#include <initializer_list>
#include <ranges>
#include <span>
#include <vector>

namespace pactor {

/// An async_result of any type, as far as that does not matter: what it waits for, who ran what.
class any_result : public detail::async_result_base {
public:
  any_result(const detail::async_result_base& r) : async_result_base{r} {} // NOLINT(google-explicit-constructor)
};

/// `wait({a, b}, return_when::first_completed, 5s)`: which were there, and which were not, when the wait ended.
inline wait_result wait(std::initializer_list<any_result> results, return_when when = return_when::all_completed,
                        seconds timeout = no_limit) {
  return wait(std::span<const any_result>{results.begin(), results.size()}, when, timeout);
}
/// The same for a vector of results of one type, say.
template <std::ranges::input_range Results>
requires std::derived_from<std::ranges::range_value_t<Results>, detail::async_result_base> wait_result
wait(const Results& results, return_when when = return_when::all_completed, seconds timeout = no_limit) {
  const std::vector<any_result> list(std::ranges::begin(results), std::ranges::end(results));
  return wait(std::span<const any_result>{list}, when, timeout);
}

} // namespace pactor
