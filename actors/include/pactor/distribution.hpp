#pragma once
// How a sequence is divided among engines, and put together again.

#include <cstdint>

namespace pactor {

/// Which elements of a sequence an engine gets. The sizes are the same: n / engines, the first n % engines one more.
enum class distribution : std::uint8_t {
  blocks,      ///< contiguous parts: 7 on 4 engines are 0-1, 2-3, 4-5, 6
  round_robin, ///< engine i gets the elements i, i + engines, ...
};

/// How scatter() divides.
struct scatter_options {
  pactor::distribution distribution = pactor::distribution::blocks;
  /// A part of one element is stored as that element, not as a sequence of one.
  bool flatten = false;
};

/// How gather() puts together: as scatter() divided.
struct gather_options {
  pactor::distribution distribution = pactor::distribution::blocks;
};

/// How a parallel function divides its arguments and puts the results together.
struct parallel_options {
  pactor::distribution distribution = pactor::distribution::blocks;
};

} // namespace pactor
