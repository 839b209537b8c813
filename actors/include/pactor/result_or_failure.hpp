#pragma once
// A result, or the failure that stands in its place.

#include "pactor/error.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace pactor {

/// How one task, or one element of a map, ended: with a result or with a failure.
template <class R>
class result_or_failure {
public:
  using stored_type = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

  explicit result_or_failure(stored_type value) : content_{std::in_place_index<0>, std::move(value)} {}
  explicit result_or_failure(failure why) : content_{std::in_place_index<1>, std::move(why)} {}

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// @throws the exception that belongs to the failure
  [[nodiscard]] const stored_type& value() const {
    if (!has_value()) raise(std::get<1>(content_));
    return std::get<0>(content_);
  }
  [[nodiscard]] stored_type& value() {
    if (!has_value()) raise(std::get<1>(content_));
    return std::get<0>(content_);
  }
  /// @pre !has_value()
  [[nodiscard]] const failure& error() const { return std::get<1>(content_); }

private:
  std::variant<stored_type, failure> content_;
};

} // namespace pactor
