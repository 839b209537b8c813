#include "pactor/prelude/current.hpp"

namespace pactor {

namespace detail {

context*& running_context() noexcept {
  static thread_local context* running = nullptr;
  return running;
}

} // namespace detail

namespace prelude {

context& here() {
  if (auto* c = pactor::detail::running_context()) return *c;
  throw error{ec::invalid_argument, "there is no engine here: this thread runs no snippet, or no job that made a "
                                    "pactor::prelude::use_context of its context"};
}

} // namespace prelude
} // namespace pactor
