// What an engine does when someone wants its tasks, its worker or itself to end.

#include "actors/engine.hpp"

#include "pactor/detail/failure.hpp"

#include <algorithm>
#include <csignal>

namespace pactor {

using wire::record;
using wire::record_kind;

void engine_state::end_early(core::task_ref t, ec code, const std::string& why, const core::owner& whose) {
  record r;
  r.id = t.id;
  r.engine = number_;
  send_failure(outbox_for(t.directed), r, failure_of(code, why), whose);
}

/// It has not started, and will not here.
void engine_state::end_unstarted(const task_order& o, core::task_ref t, const core::owner& whose) {
  files_.erase({t.directed, t.id});
  guard_.forget(t);
  if (!o.give_back) return end_early(t, ec::aborted, taken_back_by(o.by), whose);
  send_lost(t, failure_of(ec::engine_lost, taken_back_by(o.by)), false, whose, true);
}

void engine_state::order(const task_order& o, std::span<const std::uint64_t> ids) {
  const auto withdrawn = core_.withdraw(ids, o.directed);
  for (const auto& [t, whose] : withdrawn) end_unstarted(o, t, whose);
  if (withdrawn.size() < ids.size())
    for (const auto id : ids) end_held(o, {id, o.directed});
  if (!withdrawn.empty()) feed(); // what stood behind them can go on
}

void engine_state::end_held(const task_order& o, core::task_ref t) {
  const auto ordinal = core_.ordinal_of(t);
  if (ordinal == 0 || !worker_ || disowned_.contains({t.directed, t.id})) return; // it has ended
  if (worker_->control().page().withdraw(ordinal)) {
    end_unstarted(o, t, core_.owner_of(t));
    disowned_.insert({t.directed, t.id}); // last: of what is disowned nothing is said any more
    return;
  }
  if (o.give_back)
    wanted_back_.insert_or_assign({t.directed, t.id}, o.by); // only the worker knows who was first: its outcome tells
  if (o.how == end_how::abort) return;                       // it runs
  guard_.request(t, static_cast<core::severity>(o.how), o.by);
  enforce();
}

std::vector<core::engine_core::presence> engine_state::tasks() const {
  auto all = core_.tasks();
  std::erase_if(all, [this](const auto& p) { return disowned_.contains({p.task.directed, p.task.id}); });
  return all;
}

table_sizes engine_state::tables() const {
  return {{"engine: tasks", core_.queued()},
          {"engine: disowned", disowned_.size()},
          {"engine: wanted back", wanted_back_.size()},
          {"engine: files", files_.size()},
          {"engine: files of the worker", given_.size()},
          {"engine: limits", guard_.idle() ? 0U : 1U},
          {"engine: begun", begun_.size()},
          {"engine: held", held_.size()}};
}

void engine_state::drop_incomplete() {
  for (const auto t : core_.take_incomplete()) {
    files_.erase({t.directed, t.id});
    guard_.forget(t);
  }
}

void engine_state::disown_all(const std::string& by) {
  for (const auto& p : tasks()) {
    const core::task_ref t = p.task;
    if (core_.withdraw(t)) {
      files_.erase({t.directed, t.id});
      guard_.forget(t);
      continue;
    }
    disowned_.insert({t.directed, t.id});
    guard_.forget(t);
    const auto ordinal = core_.ordinal_of(t);
    if (!worker_ || ordinal == 0 || worker_->control().page().withdraw(ordinal)) continue;
    guard_.request(t, core::severity::ask, by);
  }
  if (!guard_.idle()) enforce();
  feed();
}

void engine_state::check_limits() {
  check_at_.reset();
  enforce();
}

void engine_state::enforce() {
  const auto now = services_->now();
  guard_.running(core_.executing(), now);
  while (const auto step = guard_.next(now)) carry_out(*step);
  const auto next = guard_.deadline();
  if (!next || (check_at_ && *check_at_ <= *next) || !check_after_) return;
  check_at_ = *next;
  check_after_(std::chrono::ceil<std::chrono::milliseconds>(*next - now));
}

void engine_state::carry_out(const core::run_guard::step& s) {
  const auto ordinal = core_.ordinal_of(s.task);
  if (ordinal == 0 || !worker_) return;
  const auto& control = worker_->control();
  auto& page = control.page();
  if (page.begun.load() > ordinal) return; // it has ended, and its outcome is on the way
  page.cancelled.store(ordinal);
  if (s.how >= core::severity::interrupt) page.interrupted.store(ordinal);
  control.ring();
  if (s.how == core::severity::interrupt) worker_->interrupt();
  if (s.how != core::severity::kill) return;
  killed_ = s.task;
  const auto verdict = guard_.verdict_of(s.task);
  replace("for a task that was to end: " + (verdict ? verdict->what : "killed"));
}

/// Says by whom, where the job itself could only say that it was.
std::optional<failure> engine_state::verdict_on(core::task_ref t, const record& r, const char* payload) const {
  const auto verdict = guard_.verdict_of(t);
  if (!verdict || r.kind != static_cast<std::uint16_t>(record_kind::failure) ||
      (r.flags & (wire::transferred | wire::shared)) != 0)
    return std::nullopt;
  try {
    auto f = detail::decode_failure(payload, r.size);
    if (f.code != ec::cancelled) return std::nullopt;
    f.code = verdict->code;
    f.what = verdict->what;
    return f;
  } catch (const error&) {
    return std::nullopt; // the client will say what is wrong with it
  }
}

/// Ends the worker on purpose; a new one follows.
void engine_state::replace(std::string why) {
  replaced_for_ = std::move(why);
  if (worker_)
    worker_->kill(SIGKILL);
  else
    replaced_for_.clear(); // one is on its way
}

void engine_state::manage(const engine_control& c) {
  switch (static_cast<query_kind>(c.kind)) {
  case query_kind::restart_engines:
    return replace("the engine was restarted by " + c.by);
  case query_kind::stop_engines:
    return shut_down(c.by);
  case query_kind::signal_engines:
    if (worker_ && c.signal > 0 && c.signal < NSIG) worker_->kill(c.signal);
    return;
  default:
    return;
  }
}

void engine_state::shut_down(const std::string& by) {
  if (core_.status() == core::engine_status::shut_down) return;
  last_loss_ = "shut down by " + by;
  const auto f = failure_of(ec::engine_lost, "engine " + std::to_string(number_) + " was " + last_loss_);
  replaced_for_ = last_loss_; // nobody's fault
  auto whose = owners_now();
  lose(core_.shut_down(), f, false, std::move(whose));
  replaced_for_.clear();
  forget_worker();
  services_->report(report());
}

void engine_state::depart(const std::string& why) {
  stopping_ = true;
  const auto f = failure_of(ec::engine_lost, "engine " + std::to_string(number_) + " is gone: " + why);
  last_loss_ = f.what;
  replaced_for_ = why; // nobody's fault
  auto whose = owners_now();
  lose(core_.give_up(), f, false, std::move(whose));
  replaced_for_.clear();
  forget_worker();
  services_->report(report());
}

void engine_state::forget_worker() {
  current_.reset();
  worker_.reset();
  services_->held -= held_.size();
  held_.clear();
  given_.clear();
  disowned_.clear();
  wanted_back_.clear();
}

} // namespace pactor
