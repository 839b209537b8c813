#include "actors/task_scheduler.hpp"

#include "pactor/codec.hpp"
#include "pactor/detail/failure.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace pactor {

using wire::record;
using wire::record_kind;

namespace {

// A client for which more waits to be sent gets no more tasks; with less than a half of it, it does.
constexpr std::size_t most_unsent = std::size_t{32} << 20;
constexpr auto slow_interval = std::chrono::milliseconds{20};
constexpr std::int32_t most_priority = 100;

failure with_code(ec code, int engine, std::string what) {
  failure f;
  f.code = code;
  f.engine = engine;
  f.what = std::move(what);
  return f;
}

failure too_many(std::uint32_t client, const core::open_limits& most) {
  return with_code(ec::would_block, -1, too_much_open(client, most));
}

std::string seconds(std::int64_t nanoseconds) {
  auto text = std::to_string(static_cast<double>(nanoseconds) / 1e9);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " s";
}

std::string listed(std::span<const int> engines) {
  std::string text;
  for (const auto e : engines) text += (text.empty() ? "" : ", ") + std::to_string(e);
  return (engines.size() == 1 ? "engine " : "engines ") + text;
}

} // namespace

void task_scheduler_state::tell_time() {
  if (!std::exchange(time_told_, true)) core_.set_time(now_());
}

void task_scheduler_state::look_again() {
  wakes_.erase(wakes_.begin(), wakes_.upper_bound(now_()));
  flush();
}

void task_scheduler_state::available(const engine_available& e) {
  tell_time();
  if (e.given_up) {
    for (const auto& g : core_.engine_lost(e.engine)) give_up(g, e.engine, nullptr);
  } else {
    e.available ? core_.engine_resumed(e.engine) : core_.engine_paused(e.engine);
  }
  flush_soon();
}

void task_scheduler_state::drain(const drain_engines& d) {
  tell_time();
  std::vector<core::task_core::run> back;
  for (const auto engine : d.engines)
    for (const auto& r : core_.engine_draining(engine)) back.push_back(r);
  take_back(back);
  flush_soon();
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> task_scheduler_state::engine_lost(int engine, const failure& why) {
  tell_time();
  for (const auto& g : core_.engine_lost(engine)) give_up(g, engine, &why);
  return {};
}

void task_scheduler_state::client_gone(std::uint32_t client) {
  if (slow_.erase(client) > 0) core_.client_resumed(client); // it may come back under its number
  core_.client_gone(client);
  for (const auto ticket : graph_.client_gone(client)) {
    const auto kept = core_.drop_held(ticket);
    if (!kept) continue; // it went with its client
    forget({kept->client, kept->number});
    fail(kept->client, kept->number, -1,
         with_code(ec::impossible_dependency, -1, "this task never ran: its client is gone, with what it depends on"));
  }
  with_options_.erase(with_options_.lower_bound({client, 0}), with_options_.lower_bound({client + 1, 0}));
}

scheduler_base::withdrawal task_scheduler_state::withdraw(std::uint32_t client,
                                                          std::span<const std::uint64_t> numbers) {
  withdrawal result;
  auto found = core_.withdraw(client, numbers);
  result.ended = std::move(found.ended);
  for (const auto ticket : found.held) graph_.drop(ticket);
  for (const auto& t : found.running) result.placed.push_back({t.id, t.engine});
  // Those whose payload is still on its way: what comes of it is thrown away.
  for (auto u = uploads_.begin(); u != uploads_.end();) {
    const auto& [place, task] = *u;
    if (task.whose.client == client && std::ranges::find(numbers, task.whose.number) != numbers.end()) {
      result.ended.push_back(task.whose.number);
      u = uploads_.erase(u);
    } else {
      ++u;
    }
  }
  for (const auto number : result.ended) forget({client, number});
  return result;
}

void task_scheduler_state::peer_gone(const transport::link_ptr& which) {
  senders_.link_down(which);
  for (const auto tag : assemblies_.link_down(which)) lose_upload(uploads_.find({which.get(), tag}), true);
}

table_sizes task_scheduler_state::tables() const {
  auto all = scheduler_base::tables();
  all.insert(all.end(), {{"task scheduler: tasks", core_.size()},
                         {"task scheduler: dependencies", graph_.size()},
                         {"task scheduler: options", with_options_.size()},
                         {"task scheduler: payloads on their way", uploads_.size() + assemblies_.size()},
                         {"task scheduler: payloads handed out", senders_.size()},
                         {"task scheduler: slow clients", slow_.size()}});
  return all;
}

void task_scheduler_state::client_paused(std::uint32_t client, bool paused) {
  if (slow_.contains(client)) return; // that is looked after already
  paused ? core_.client_paused(client) : core_.client_resumed(client);
}

bool task_scheduler_state::has_task(const core::owner& task) {
  if (core_.is_open(task)) return true;
  return std::ranges::any_of(uploads_, [&](const auto& u) { return u.second.whose == task; });
}

bool task_scheduler_state::arrives_again(const core::owner& task) const {
  return std::ranges::any_of(uploads_, [&](const auto& u) { return u.second.again == task; });
}

void task_scheduler_state::lose_upload(uploads::iterator u, bool with_connection) {
  if (u == uploads_.end()) return;
  const auto task = std::move(u->second);
  uploads_.erase(u);
  failure f;
  f.code = ec::not_connected;
  f.what = "its client went away while the task was on its way";
  if (client_of(task.share) && (with_connection || task.whose.client != keeper)) { // it hands the task in again
    if (task.whose.client == keeper) withdraw_kept(task.whose.number, task.share, f);
    return;
  }
  fail(task.whose.client, task.whose.number, -1, f); // heard if it is kept
  cancel_unwanted();
}

void task_scheduler_state::on_tasks(client_entry& from, const detail::bytes& batch) {
  bool sound = true;
  std::optional<wire_options> options; // of the record that follows
  tell_time();
  forget_options();
  allowed_.clear(); // what another client's malformed batch left is not for this one
  const bool whole = wire::for_each_record(batch.data(), batch.size(), [&](const record& r, const char* payload) {
    if (r.kind == static_cast<std::uint16_t>(record_kind::targets) && r.size % sizeof(std::int32_t) == 0) {
      allowed_.resize(r.size / sizeof(std::int32_t));
      if (r.size > 0) std::memcpy(allowed_.data(), payload, r.size);
      return;
    }
    if (r.kind == static_cast<std::uint16_t>(record_kind::options)) {
      (void)checked_options(payload, r.size);
      options = decode<wire_options>(payload, r.size);
      return;
    }
    if (r.kind != static_cast<std::uint16_t>(record_kind::task)) {
      sound = false;
      return;
    }
    if ((r.flags & wire::shared) != 0) { // it could not be run on another host
      sound = false;
      return;
    }
    const bool handed_in = (r.flags & (wire::again | repeated)) != 0;
    if (handed_in && known_already(from, r.id)) {
      allowed_.clear();
      options.reset();
      return forget_options(); // pieces that follow are thrown away
    }
    submitted t{owner_of(from, r.id), from.number, std::exchange(allowed_, {}), std::exchange(options, {})};
    forget_options();
    if ((r.flags & wire::again) != 0) t.again = core::owner{from.number, r.id};
    t.dropped = handed_in && from.dropped;
    if ((r.flags & wire::transferred) == 0) {
      submit(t, {batch, payload, r.size}, 0);
      return;
    }
    std::uint64_t size = 0;
    if (r.size == sizeof size) std::memcpy(&size, payload, sizeof size);
    if (size == 0 || size >> 32 != 0) {
      sound = false;
      return;
    }
    upload(from.out.link(), r.transfer, size, std::move(t));
  });
  if (!whole || !sound) refuse(from.out.link(), "a malformed batch of balanced tasks");
}

/// A task whose payload follows. If there is no room for it, its pieces are thrown away as they come.
void task_scheduler_state::upload(const transport::link_ptr& from, std::uint64_t transfer, std::uint64_t size,
                                  submitted t) {
  const auto under_way = assemblies_.load_of(*from);
  if (!core_.has_place(t.share, under_way.bytes + size, under_way.count))
    return fail(t.whose.client, t.whose.number, -1, too_many(t.share, core_.open_limit()));
  try {
    assemblies_.expect(from, transfer, size);
  } catch (const std::bad_alloc&) {
    return fail(
        t.whose.client, t.whose.number, -1,
        with_code(ec::system, -1, "no memory in the controller for arguments of " + std::to_string(size) + " bytes"));
  }
  uploads_[{from.get(), transfer}] = std::move(t);
}

/// Whether a task that no node has was with none before, of those that may run it.
bool task_scheduler_state::never_ran(const submitted& t) const {
  const auto& nodes = recovered();
  if (t.allowed.empty()) return nodes.certain();
  return std::ranges::all_of(t.allowed, [&](int engine) { return nodes.certain(engine); });
}

void task_scheduler_state::submit(const submitted& t, detail::slice payload, std::uint64_t transfer_size) {
  core::task_request request;
  request.client = t.whose.client;
  request.number = t.whose.number;
  request.kind = kind_of(payload.data, payload.size);
  request.payload = std::move(payload);
  request.transfer_size = transfer_size;
  request.allowed = t.allowed;
  request.share = t.share;
  if (t.options) {
    if (!t.options->keep) ends().log.label(t.whose, t.options->label);
    request.idempotent = t.options->idempotent;
    request.priority = std::clamp(t.options->priority, -most_priority, most_priority);
    request.retries = t.options->retries;
    request.timeout = std::chrono::nanoseconds{std::max<std::int64_t>(t.options->timeout, 0)};
  }
  if (t.again) {
    if (const auto run = claim(*t.again)) {
      if (const auto id = core_.adopt(request, run->engine)) {
        keep_options(t);
        return adopted(*run, *id);
      }
      disown(*run);
      if (!request.idempotent) return fail_uncertain(t.whose, run->engine);
    } else if (!request.idempotent && !never_ran(t)) {
      return fail_uncertain(t.whose, -1);
    }
  }
  if (t.dropped && !request.idempotent) return fail_uncertain(t.whose, -1);
  if (const auto f = enter(t, std::move(request))) return fail(t.whose.client, t.whose.number, -1, *f);
  keep_options(t);
}

std::optional<failure> task_scheduler_state::enter(const submitted& t, core::task_request request) {
  if (t.options && !(t.options->after.parents.empty() && t.options->follow.parents.empty()))
    return core_.has_place(t.share, request.payload.size) ? hold(t, std::move(request))
                                                          : too_many(t.share, core_.open_limit());
  switch (core_.submit(std::move(request))) {
  case core::submission::accepted:
    break;
  case core::submission::impossible:
    return with_code(ec::no_engines, -1, "none of the engines that may run this task is registered");
  case core::submission::too_many:
    return too_many(t.share, core_.open_limit());
  }
  return std::nullopt;
}

/// What the node is to know.
void task_scheduler_state::keep_options(const submitted& t) {
  if (!t.options || (!t.options->keep && t.options->run_limit <= 0)) return;
  wire_options on;
  on.keep = t.options->keep;
  on.run_limit = t.options->run_limit;
  with_options_[{t.whose.client, t.whose.number}] = encode(on);
}

void task_scheduler_state::before_flush() {
  time_told_ = false;
  tell_time();
  for (const auto& g : core_.expire()) give_up(g, -1, nullptr);
  decide_all();
  look_after_slow_clients();
  while (const auto a = core_.next()) hand_out(*a);
  take_back(core_.recalls());
  arm();
  time_told_ = false;
}

void task_scheduler_state::hand_out(const core::assignment& a) {
  auto* n = node_of(a.engine);
  if (!n) return; // its node is going; the core hears of it next
  if (!with_options_.empty())
    if (const auto o = with_options_.find({a.task.client, a.task.number}); o != with_options_.end())
      n->out.add(options_record(o->second), o->second.data());
  record r;
  r.id = a.id;
  r.kind = static_cast<std::uint16_t>(record_kind::task);
  r.engine = a.engine;
  r.count = a.task.client;
  r.started = static_cast<std::int64_t>(a.task.number);
  if (a.task.client == keeper) name_submitter(r);
  if (a.transfer_size == 0) {
    r.size = static_cast<std::uint32_t>(a.payload.size);
    n->out.add(r, a.payload.data);
    return;
  }
  r.size = sizeof a.transfer_size;
  r.flags = wire::transferred;
  r.transfer = next_transfer();
  n->out.add(r, &a.transfer_size);
  n->out.send(); // before its pieces
  senders_.start(n->out.link(), r.transfer, flags(), a.payload);
}

void task_scheduler_state::take_back(const std::vector<core::task_core::run>& runs) {
  if (runs.empty()) return;
  std::map<node_entry*, task_control> orders;
  for (const auto& t : runs) {
    auto* n = node_of(t.engine);
    if (!n) continue; // it is going, and its tasks with it
    auto& order = orders[n];
    order.tasks.push_back(recovered().theirs(t.id));
    order.engines.push_back(t.engine);
  }
  for (auto& [n, order] : orders) {
    order.how = give_back;
    order.by = "its scheduler for another engine";
    n->out.send(); // the tasks first
    n->out.link()->send(transport::frame_kind::task_control, detail::slice{encode(order)}, 0, flags());
  }
}

void task_scheduler_state::look_after_slow_clients() {
  const auto now = now_();
  if (now - slow_looked_at_ < std::chrono::milliseconds{1}) return;
  slow_looked_at_ = now;
  for_each_client([this](std::uint32_t client, std::size_t unsent) {
    if (unsent > most_unsent) {
      core_.client_paused(client);
      slow_.insert(client);
    } else if (unsent < most_unsent / 2 && slow_.erase(client) > 0) {
      core_.client_resumed(client);
    }
  });
}

void task_scheduler_state::arm() {
  auto at = core_.wake_at();
  if (!slow_.empty()) { // nothing tells that they have read
    const auto then = now_() + slow_interval;
    if (!at || then < *at) at = then;
  }
  if (!at || (!wakes_.empty() && *wakes_.begin() <= *at) || !wake_after_) return;
  const auto delay = std::max<std::chrono::nanoseconds>(*at - now_(), std::chrono::microseconds{50});
  wakes_.insert(now_() + delay);
  wake_after_(delay);
}

std::optional<std::pair<std::uint32_t, std::uint64_t>> task_scheduler_state::on_outcome(const record& r,
                                                                                        std::string_view payload) {
  tell_time();
  if (r.kind == static_cast<std::uint16_t>(record_kind::lost)) {
    const bool started = (r.flags & wire::started) != 0, blamed = (r.flags & wire::unblamed) == 0;
    if (const auto g = core_.task_lost(r.id, r.engine, started, blamed)) {
      failure last;
      try {
        last = detail::decode_failure(payload.data(), payload.size());
      } catch (const error& e) {
        last.what = e.what();
      }
      give_up(*g, r.engine, &last);
    }
    return std::nullopt;
  }
  const bool failed = r.kind == static_cast<std::uint16_t>(record_kind::failure) ||
                      r.kind == static_cast<std::uint16_t>(record_kind::partial);
  // What ended without having run tells nothing about the next of its kind.
  const auto o = r.completed == 0 ? core_.ended(r.id, r.engine)
                 : failed         ? on_error(r, payload)
                                  : core_.finished(r.id, r.engine, core::run_time(r.started, r.completed));
  if (!o) return std::nullopt;
  forget({o->client, o->number});
  return std::pair{o->client, o->number};
}

std::optional<core::owner> task_scheduler_state::on_error(const record& r, std::string_view payload) {
  using core::task_core;
  const auto took = core::run_time(r.started, r.completed);
  std::optional<failure> f;
  if (r.kind == static_cast<std::uint16_t>(record_kind::failure) &&
      (r.flags & (wire::transferred | wire::shared)) == 0) {
    try {
      f = detail::decode_failure(payload.data(), payload.size());
    } catch (const error&) { // its client will say what is wrong with it
    }
  }
  const auto refused =
      f && (f->code == ec::unmet_dependency || f->code == ec::unknown_job || f->code == ec::bad_library);
  // Of a map, some elements failed. What lies with the client already is not made again.
  const auto own = (f && f->code == ec::remote_error) || (!f && (r.flags & wire::shared) == 0);
  if (!refused && !own) return core_.finished(r.id, r.engine, took);
  auto v = core_.failed(r.id, r.engine, took, refused ? task_core::error_kind::refused : task_core::error_kind::own);
  if (!v.told || !refused || v.refused_by.empty()) return v.told;
  forget({v.told->client, v.told->number});
  f->code = ec::impossible_dependency;
  f->what = "no engine is left that could run this task: " + listed(v.refused_by) +
            (v.refused_by.size() == 1 ? " lacks" : " lack") + " what it needs; the last: " + f->what;
  fail(v.told->client, v.told->number, r.engine, *f);
  return std::nullopt;
}

std::optional<core::task_core::running> task_scheduler_state::on_output(const record& r) {
  return core_.owner_of(r.id, r.engine);
}

void task_scheduler_state::give_up(const core::given_up& g, int engine, const failure* last) {
  using core::give_up_reason;
  forget({g.task.client, g.task.number});
  if (g.held != 0) graph_.drop(g.held);
  const auto name = "engine " + std::to_string(engine);
  auto f = last ? *last : failure{};
  f.code = ec::engine_lost;
  f.engine = engine;
  switch (g.reason) {
  case give_up_reason::withdrawn:
    f = with_code(ec::aborted, engine, "taken back before " + name + " had done it");
    break;
  case give_up_reason::timed_out:
    f = with_code(ec::task_timeout, -1,
                  "waited " + seconds(g.timeout.count()) + " for an engine (dependencies included)");
    break;
  case give_up_reason::unreachable:
    f = with_code(ec::impossible_dependency, engine,
                  (engine < 0 ? "the engine" : name) +
                      ", where the task that this one follows ran, is gone, or is none of its targets");
    break;
  case give_up_reason::not_idempotent:
    f.what = (last ? last->what : name + " is gone") + "; this task may have started, and it must not run twice";
    break;
  case give_up_reason::losses:
    f.what = "given up after " + std::to_string(g.losses) +
             " engines died under this task; the last: " + (last ? last->what : name + " is gone");
    break;
  case give_up_reason::no_engine:
    if (!last) f.what = (engine < 0 ? "the last engine" : name) + ", where this task could run, is gone";
    break;
  }
  fail(g.task.client, g.task.number, engine, f);
}

void task_scheduler_state::on_piece(const frame_in& f) {
  if ((f.header.flags & transport::upward) != 0) {
    upward_piece(f);
    return;
  }
  try {
    auto payload = assemblies_.piece(f.from, f.header, f.body);
    if (!payload) return;
    const auto i = uploads_.find({f.from.get(), f.header.tag});
    if (i == uploads_.end()) return;
    const auto u = std::move(i->second);
    uploads_.erase(i);
    const auto size = payload->size();
    tell_time();
    submit(u, std::move(*payload), size);
    flush_soon();
  } catch (const error& e) {
    refuse(f.from, e.what());
  }
}

void task_scheduler_state::on_credit(const frame_in& f) {
  if ((f.header.flags & transport::upward) != 0)
    upward_credit(f);
  else
    senders_.credit(f.from, f.header);
}

void task_scheduler_state::on_abandon(const frame_in& f) {
  if ((f.header.flags & transport::upward) != 0) return upward_abandon(f);
  lose_upload(uploads_.find({f.from.get(), f.header.tag}), false);
  assemblies_.drop(f.from, f.header.tag);
}

} // namespace pactor
