#include "actors/submission_limit.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <string>

namespace pactor {

bool submission_limit::has_room(const load& open, const load& more, std::size_t eighths) const {
  if (open.tasks == 0) return true;
  const auto fits = [eighths](std::size_t there, std::size_t add, std::size_t limit) {
    if (limit == 0) return true;
    const auto allowed = eighths == whole ? limit : std::max<std::size_t>(limit / whole * eighths, 1);
    return there < allowed && add <= limit - there;
  };
  return fits(open.tasks, more.tasks, most_.tasks) && fits(open.bytes, more.bytes, most_.bytes);
}

bool submission_limit::may_wait() const {
  return most_.wait && std::this_thread::get_id() != spared_ && !(never_waits_ && never_waits_());
}

void submission_limit::refuse(const load& open) const {
  throw would_block{"no room for more tasks: " + std::to_string(open.tasks) + " with " + std::to_string(open.bytes) +
                    " bytes are open, of at most " + std::to_string(most_.tasks) + " and " +
                    std::to_string(most_.bytes) + (most_.wait ? ", and this thread must not wait" : "") +
                    "; nothing was sent"};
}

} // namespace pactor
