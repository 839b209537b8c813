#pragma once
// What the operating system said, as pactor's error.

#include "pactor/error.hpp"

#include <string>
#include <system_error>

namespace pactor::process {

/// `cannot lock /x/y: Permission denied`
[[nodiscard]] inline error system_failure(const std::string& what, int error_number) {
  return error{ec::system, what + ": " + std::generic_category().message(error_number)};
}

} // namespace pactor::process
