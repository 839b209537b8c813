#pragma once
// The engine that the running code is on, for functions that nobody hands a context.

#include "pactor/context.hpp"
#include "pactor/error.hpp"
#include "pactor/prelude/export.hpp"

#include <utility>

namespace pactor::detail {

/// Of this thread: null unless a snippet or a job runs. In libpactor_prelude, since code of one snippet's library may
/// run while another one's does: a std::function that is a variable, a virtual function.
[[nodiscard]] PACTOR_PRELUDE_API context*& running_context() noexcept;

} // namespace pactor::detail

namespace pactor {

/// While it lives, the functions of the prelude find the engine through this context. Snippets have one; a job that
/// calls plot(), sleep() or engine() makes one of its own: `use_context here{context};`
class use_context {
public:
  explicit use_context(context& c) noexcept : before_{std::exchange(detail::running_context(), &c)} {}
  ~use_context() { detail::running_context() = before_; }
  use_context(const use_context&) = delete;
  use_context& operator=(const use_context&) = delete;

private:
  context* before_;
};

} // namespace pactor

namespace pactor::prelude {

using pactor::use_context;

/// The context of the running snippet or job. @throws error{invalid_argument} outside of one
[[nodiscard]] PACTOR_PRELUDE_API context& here();

} // namespace pactor::prelude
