#include "pactor/detail/gateway.hpp"

#include <string>

namespace pactor::detail {

namespace {

[[noreturn]] void refuse(const std::string& what) { throw error{ec::invalid_argument, what}; }

/// Also refuses what is no number.
void require_span(const char* name, std::chrono::duration<double> s) {
  if (!(s.count() >= 0)) refuse(std::string{name} + " must be 0 or more");
}

} // namespace

void check_options(const task_options& o) {
  constexpr std::size_t longest_label = 200;
  constexpr std::uint32_t most_retries = 1'000'000;
  constexpr int most_urgent = 100;
  if (o.label.size() > longest_label) refuse("a label of more than 200 bytes");
  require_span("run_limit", o.run_limit);
  require_span("timeout", o.timeout);
  if (o.retries > most_retries)
    refuse("retries must be 0 to 1,000,000, and not " + std::to_string(o.retries) + ": it would hardly ever end");
  if (o.priority < -most_urgent || o.priority > most_urgent)
    refuse("priority must be -100 to 100, and not " + std::to_string(o.priority));
}

void check_balanced_options(const task_options& o, const std::shared_ptr<const session>& client) {
  check_options(o);
  o.after.require(client);
  o.follow.require(client);
}

void check_direct_options(const task_options& o) {
  check_options(o);
  const auto balanced_only = [](bool used, const char* name) {
    if (used)
      refuse(std::string{name} +
             " is for load-balanced views: a direct view runs each task once, at once, on the engine that it names");
  };
  balanced_only(o.retries != 0, "retries");
  balanced_only(o.timeout.count() != 0, "timeout");
  balanced_only(o.priority != 0, "priority");
  balanced_only(!o.after.empty(), "after");
  balanced_only(!o.follow.empty(), "follow");
}

} // namespace pactor::detail
