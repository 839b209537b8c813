// Balanced tasks that run after others, or where others ran.

#include "actors/task_scheduler.hpp"

#include "pactor/task_id.hpp"

#include <utility>

namespace pactor {

using core::task_graph;

namespace {

failure impossible(const std::string& what) {
  failure f;
  f.code = ec::impossible_dependency;
  f.what = what;
  return f;
}

failure invalid(const std::string& what) {
  failure f;
  f.code = ec::invalid_dependency;
  f.what = what;
  return f;
}

} // namespace

void task_scheduler_state::watch_ends() {
  ends().tell = [this](const core::owner& task, const core::ended_tasks::end& e) {
    if (graph_.empty()) return;
    graph_.ended(task.client, task.number, e.ok, e.engine);
    flush_soon();
  };
}

bool task_scheduler_state::has_open(const core::owner& task) {
  if (graph_.watches(task.client, task.number) || core_.is_open(task)) return true;
  for (const auto& [place, t] : uploads_)
    if (t.whose == task) return true;
  return false;
}

/// @throws task_error in the words of an invalid dependency, for a task that is not known
core::task_graph::condition task_scheduler_state::condition_of(const submitted& t, const wire_dependency& d) {
  task_graph::condition c{{}, d.all, d.success, d.failure};
  c.parents.reserve(d.parents.size());
  for (const auto& p : d.parents) {
    task_graph::parent known{p.task};
    if (p.state == 1 || p.state == 2) { // as its client saw
      known.state = p.state == 1 ? task_graph::parent_state::succeeded : task_graph::parent_state::failed;
      known.engine = p.engine;
    } else if (const core::owner whose{t.share, p.task}; !is_open(whose)) {
      const auto end = end_of(whose);
      if (!end)
        throw task_error{invalid("depends on task " + to_string(task_id{t.share, p.task}) +
                                 ", which is not known: it was never submitted, or it ended long ago")};
      known.state = end->ok ? task_graph::parent_state::succeeded : task_graph::parent_state::failed;
      known.engine = end->engine;
    }
    c.parents.push_back(known);
  }
  return c;
}

std::optional<failure> task_scheduler_state::hold(const submitted& t, core::task_request request) {
  const auto& after = t.options->after;
  const auto& follow = t.options->follow;
  for (const auto* d : {&after, &follow})
    if (!d->parents.empty() && !d->success && !d->failure)
      return invalid("depends on tasks of which neither success nor failure counts");
  task_graph::condition first, where;
  try {
    first = condition_of(t, after);
    where = condition_of(t, follow);
  } catch (const task_error& e) {
    return e.info();
  }
  const auto ticket = core_.hold(std::move(request));
  if (!ticket) return std::nullopt; // has_place() was asked before
  if (const auto d = graph_.add(*ticket, t.share, std::move(first), std::move(where))) {
    decided_.push_back(*d);
    flush_soon();
  }
  return std::nullopt;
}

void task_scheduler_state::decide(const task_graph::decision& d) {
  if (d.what == task_graph::answer::run) {
    const auto on = d.on ? std::optional<std::span<const int>>{*d.on} : std::nullopt;
    if (const auto g = core_.release(d.ticket, on))
      give_up(*g, d.on && d.on->size() == 1 ? d.on->front() : -1, nullptr);
    return;
  }
  const auto whose = core_.drop_held(d.ticket);
  if (!whose) return; // it was taken back, or waited too long
  forget({whose->client, whose->number});
  const auto parent = "task " + to_string(task_id{d.client, d.parent});
  std::string why;
  switch (d.what) {
  case task_graph::answer::contradicted:
    why = "depends on " + parent + ", which ended otherwise than it should for that";
    break;
  case task_graph::answer::scattered:
    why = "is to run where all of several tasks ran, but they ran on different engines";
    break;
  default:
    why = "is to run where " + parent + " ran, which ran on no engine";
  }
  fail(whose->client, whose->number, -1, impossible("this task never ran: it " + why));
}

void task_scheduler_state::decide_all() {
  for (;;) { // what ends here may decide others
    auto now = std::exchange(decided_, {});
    for (auto& d : graph_.decided()) now.push_back(std::move(d));
    if (now.empty()) return;
    for (const auto& d : now) decide(d);
  }
}

} // namespace pactor
