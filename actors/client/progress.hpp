#pragma once
// How far a call is, as a line for people.

#include "pactor/detail/submission.hpp"

#include <cstddef>
#include <string>

namespace pactor::detail {

struct progress {
  std::string job;
  std::size_t done = 0, all = 0; ///< results
  seconds elapsed{};
  bool failed = false; ///< some task did
};

/// `power10:  25% [#####               ] 8/32, 4.0/s, 6 s left`; at the end the time that it took.
std::string progress_line(const progress& p);

/// `45 s`, `2 min 5 s`, `1 h 2 min`; tenths below 10 s.
std::string span_text(seconds s);

} // namespace pactor::detail
