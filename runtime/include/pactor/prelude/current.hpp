#pragma once
// The engine that the running code is on, for functions that nobody hands a context.

#include "pactor/context.hpp"
#include "pactor/error.hpp"

#include <utility>

namespace pactor::detail {

/// Of this library and thread. Set while a snippet or a job runs, so it is never left over.
[[gnu::visibility("hidden")]] inline thread_local context* running_context = nullptr;

} // namespace pactor::detail

namespace pactor {

/// While it lives, the functions of the prelude find the engine through this context. Snippets have one; a job that
/// calls plot(), sleep() or engine() makes one of its own: `use_context here{context};`
class use_context {
public:
  explicit use_context(context& c) noexcept : before_{std::exchange(detail::running_context, &c)} {}
  ~use_context() { detail::running_context = before_; }
  use_context(const use_context&) = delete;
  use_context& operator=(const use_context&) = delete;

private:
  context* before_;
};

} // namespace pactor

namespace pactor::prelude {

using pactor::use_context;

/// The context of the running snippet or job. @throws error{invalid_argument} outside of one
[[nodiscard]] inline context& here() {
  if (auto* c = pactor::detail::running_context) return *c;
  throw error{ec::invalid_argument, "there is no engine here: this thread runs no snippet, or no job that made a "
                                    "pactor::prelude::use_context of its context"};
}

} // namespace pactor::prelude
