#include "actors/client_options.hpp"

#include "actors/protocol.hpp"
#include "pactor/detail/outcomes.hpp"

#include <algorithm>
#include <chrono>

namespace pactor {

namespace {

/// 0 is none, and so is what no clock can count.
std::int64_t nanoseconds_of(std::chrono::duration<double> span) {
  constexpr std::chrono::duration<double> longest{std::chrono::hours{24 * 365 * 100}};
  if (span >= longest) return 0;
  return std::chrono::ceil<std::chrono::nanoseconds>(span).count();
}

wire_dependency on_the_wire(const dependency& d) {
  wire_dependency w;
  w.all = d.when().all;
  w.success = d.when().success;
  w.failure = d.when().failure;
  for (const auto& c : d.calls()) {
    for (std::size_t i = 0; i < c->size(); ++i) {
      wire_parent p;
      p.task = c->ids[i];
      if (c->ready(i)) {
        const auto& o = c->at(i);
        p.state = detail::is_result(o) ? 1 : 2;
        p.engine = o.engine;
      }
      w.parents.push_back(p);
    }
  }
  return w;
}

} // namespace

detail::bytes encode_options(const detail::call& c) {
  if (!c.options()) return {};
  const auto& o = *c.options();
  wire_options w;
  w.run_limit = nanoseconds_of(o.run_limit);
  w.label = o.label;
  w.keep = o.keep;
  if (o.keep) w.job = c.job();
  w.retries = o.retries;
  w.timeout = nanoseconds_of(o.timeout);
  w.priority = o.priority;
  w.idempotent = o.idempotent;
  w.after = on_the_wire(o.after);
  w.follow = on_the_wire(o.follow);
  auto encoded = encode(w);
  if (encoded.size() > max_options)
    throw error{ec::invalid_argument, "a task that depends on " +
                                          std::to_string(w.after.parents.size() + w.follow.parents.size()) +
                                          " others: that is more than can be said of one"};
  return encoded;
}

} // namespace pactor
