#pragma once
// Values as text: std::cout << dview.apply_sync("power10", 2).at(0).

#include "pactor/value.hpp"

#include <concepts>
#include <ostream>

namespace pactor {

namespace detail {
void print(std::ostream& out, const value& v);
} // namespace detail

/// As the command line prints it: JSON on one line, arrays as nested lists; raw bytes as `<12 bytes>`. A template, so
/// that what can become a value is not printed by accident.
template <std::same_as<value> Value>
std::ostream& operator<<(std::ostream& out, const Value& v) {
  detail::print(out, v);
  return out;
}

} // namespace pactor
