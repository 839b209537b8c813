#include "runtime/core/run_guard.hpp"

#include <algorithm>
#include <sstream>

namespace pactor::core {

std::string seconds_text(std::chrono::nanoseconds time) {
  std::ostringstream text;
  text << std::chrono::duration<double>{time}.count() << " s";
  return text.str();
}

void run_guard::set_limit(task_ref t, duration limit) { watched_[key(t)].limit = limit; }

void run_guard::request(task_ref t, severity how, std::string by) {
  auto& w = watched_[key(t)];
  if (how <= w.wanted) return;
  w.wanted = how;
  w.by = std::move(by);
}

void run_guard::running(std::optional<task_ref> t, time_point now) {
  if (!t) return;
  const auto at = watched_.find(key(*t));
  if (at == watched_.end()) return;
  auto& w = at->second;
  if (w.limit > duration::zero() && !w.next_step) w.next_step = now + w.limit;
}

void run_guard::escalate(watched& w, time_point now) const {
  if (!w.next_step || now < *w.next_step || w.wanted == severity::kill) return;
  w.wanted = static_cast<severity>(static_cast<std::uint8_t>(w.wanted) + 1);
  w.by.clear();
  w.next_step = now + grace_;
}

std::optional<run_guard::step> run_guard::next(time_point now) {
  for (auto& [k, w] : watched_) {
    escalate(w, now);
    if (w.done == w.wanted) continue;
    w.done = w.wanted;
    return step{{k.second, k.first}, w.done};
  }
  return std::nullopt;
}

std::optional<run_guard::time_point> run_guard::deadline() const {
  std::optional<time_point> first;
  for (const auto& [k, w] : watched_)
    if (w.next_step && w.wanted != severity::kill) first = first ? std::min(*first, *w.next_step) : w.next_step;
  return first;
}

std::optional<run_guard::verdict> run_guard::verdict_of(task_ref t) const {
  const auto at = watched_.find(key(t));
  if (at == watched_.end() || at->second.done == severity{}) return std::nullopt;
  const auto& w = at->second;
  if (!w.by.empty()) {
    const auto* how = w.done == severity::ask ? "cancelled" : w.done == severity::interrupt ? "interrupted" : "killed";
    return verdict{ec::cancelled, std::string{how} + " by " + w.by};
  }
  const auto* how = w.done == severity::ask         ? "ended when it was asked to"
                    : w.done == severity::interrupt ? "ended when it was interrupted"
                                                    : "was killed";
  return verdict{ec::run_limit, "it ran longer than its limit of " + seconds_text(w.limit) + " and " + how};
}

} // namespace pactor::core
