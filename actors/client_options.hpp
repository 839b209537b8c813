#pragma once
// The options of a client's tasks on their way to a scheduler.

#include "pactor/detail/session.hpp"

namespace pactor {

/// Empty for the defaults. Of each task that it depends on it says what is known here.
/// @throws error{invalid_argument} if it depends on more tasks than one message can name
[[nodiscard]] detail::bytes encode_options(const detail::call& c);

} // namespace pactor
