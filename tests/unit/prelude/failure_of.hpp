#pragma once

#include "pactor/error.hpp"

#include <string>

namespace pactor::testing {

/// What `f` says is wrong.
template <class F>
std::string failure_of(F&& f) {
  try {
    f();
  } catch (const pactor::error& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace pactor::testing
