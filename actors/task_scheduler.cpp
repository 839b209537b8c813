#include "actors/task_scheduler.hpp"

#include "pactor/detail/failure.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace pactor {

using wire::record;
using wire::record_kind;

namespace {

/// Calls of the same job take about the same time.
std::uint32_t kind_of(const detail::slice& payload) {
  const auto call = wire::read_call(payload.data, payload.size);
  return call ? static_cast<std::uint32_t>(std::hash<std::string_view>{}(call->job)) : 0;
}

} // namespace

void task_scheduler_state::available(const engine_available& e) {
  if (e.given_up) {
    for (const auto& g : core_.engine_lost(e.engine)) give_up(g, e.engine, nullptr);
  } else {
    e.available ? core_.engine_resumed(e.engine) : core_.engine_paused(e.engine);
  }
  flush_soon();
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> task_scheduler_state::engine_lost(int engine) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> result;
  for (const auto& g : core_.engine_lost(engine)) {
    forget({g.task.client, g.task.number});
    result.emplace_back(g.task.client, g.task.number);
  }
  return result;
}

void task_scheduler_state::client_gone(std::uint32_t client) {
  core_.client_gone(client);
  with_options_.erase(with_options_.lower_bound({client, 0}), with_options_.lower_bound({client + 1, 0}));
}

scheduler_base::withdrawal task_scheduler_state::withdraw(std::uint32_t client,
                                                          std::span<const std::uint64_t> numbers) {
  withdrawal result;
  auto found = core_.withdraw(client, numbers);
  result.ended = std::move(found.ended);
  for (const auto& t : found.running) result.placed.push_back({t.id, t.engine});
  // Those whose payload is still on its way: what comes of it is thrown away.
  for (auto u = uploads_.begin(); u != uploads_.end();) {
    const auto& [place, task] = *u;
    if (task.client == client && std::ranges::find(numbers, task.number) != numbers.end()) {
      result.ended.push_back(task.number);
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
  for (const auto tag : assemblies_.link_down(which)) lose_upload(uploads_.find({which.get(), tag}));
}

void task_scheduler_state::lose_upload(uploads::iterator u) {
  if (u == uploads_.end()) return;
  const auto task = std::move(u->second);
  uploads_.erase(u);
  failure f;
  f.code = ec::not_connected;
  f.what = "its client went away while the task was on its way";
  fail(task.client, task.number, -1, f); // heard if it is kept
}

void task_scheduler_state::on_tasks(client_entry& from, const detail::bytes& batch) {
  bool sound = true;
  forget_options();
  allowed_.clear(); // what another client's malformed batch left is not for this one
  const bool whole = wire::for_each_record(batch.data(), batch.size(), [&](const record& r, const char* payload) {
    if (r.kind == static_cast<std::uint16_t>(record_kind::targets) && r.size % sizeof(std::int32_t) == 0) {
      allowed_.resize(r.size / sizeof(std::int32_t));
      std::memcpy(allowed_.data(), payload, r.size);
      return;
    }
    if (r.kind == static_cast<std::uint16_t>(record_kind::options)) {
      options_ = checked_options(payload, r.size);
      return;
    }
    if (r.kind != static_cast<std::uint16_t>(record_kind::task)) {
      sound = false;
      return;
    }
    const auto allowed = std::exchange(allowed_, {});
    if ((r.flags & wire::shared) != 0) { // it could not be run on another host
      sound = false;
      return;
    }
    const auto o = owner_of(from, r.id);
    const auto options = options_;
    forget_options();
    if ((r.flags & wire::transferred) == 0) {
      submit(o.client, o.number, {batch, payload, r.size}, allowed, 0, options);
      return;
    }
    std::uint64_t size = 0;
    if (r.size == sizeof size) std::memcpy(&size, payload, sizeof size);
    if (size == 0 || size >> 32 != 0) {
      sound = false;
      return;
    }
    uploads_[{from.out.link().get(), r.transfer}] = upload{o.client, o.number, allowed, options};
    assemblies_.expect(from.out.link(), r.transfer, size);
  });
  if (!whole || !sound) refuse(from.out.link(), "a malformed batch of balanced tasks");
}

void task_scheduler_state::submit(std::uint32_t client, std::uint64_t number, detail::slice payload,
                                  std::span<const int> allowed, std::uint64_t transfer_size, detail::bytes options) {
  core::task_request request;
  request.client = client;
  request.number = number;
  request.kind = kind_of(payload);
  request.payload = std::move(payload);
  request.transfer_size = transfer_size;
  request.allowed = allowed;
  if (core_.submit(std::move(request)) == core::submission::accepted) {
    if (options.size() > 0) with_options_[{client, number}] = std::move(options);
    return;
  }
  failure f;
  f.code = ec::no_engines;
  f.what = "none of the engines that may run this task is registered";
  fail(client, number, -1, f);
}

void task_scheduler_state::before_flush() {
  while (const auto a = core_.next()) {
    auto* n = node_of(a->engine);
    if (!n) continue; // its node is going; the core hears of it next
    if (!with_options_.empty())
      if (const auto o = with_options_.find({a->task.client, a->task.number}); o != with_options_.end())
        n->out.add(options_record(o->second), o->second.data());
    record r;
    r.id = a->id;
    r.kind = static_cast<std::uint16_t>(record_kind::task);
    r.engine = a->engine;
    r.count = a->task.client;
    if (a->transfer_size == 0) {
      r.size = static_cast<std::uint32_t>(a->payload.size);
      n->out.add(r, a->payload.data);
      continue;
    }
    r.size = sizeof a->transfer_size;
    r.flags = wire::transferred;
    r.transfer = next_transfer();
    n->out.add(r, &a->transfer_size);
    n->out.send(); // before its pieces
    senders_.start(n->out.link(), r.transfer, flags(), a->payload);
  }
}

std::optional<std::pair<std::uint32_t, std::uint64_t>> task_scheduler_state::on_outcome(const record& r,
                                                                                        std::string_view payload) {
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
  // What ended without having run tells nothing about the next of its kind.
  const auto o = r.completed == 0 ? core_.ended(r.id, r.engine)
                                  : core_.finished(r.id, r.engine, std::chrono::nanoseconds{r.completed - r.started});
  if (!o) return std::nullopt;
  forget({o->client, o->number});
  return std::pair{o->client, o->number};
}

std::optional<core::task_core::running> task_scheduler_state::on_output(const record& r) {
  return core_.owner_of(r.id, r.engine);
}

void task_scheduler_state::give_up(const core::given_up& g, int engine, const failure* last) {
  forget({g.task.client, g.task.number});
  failure f;
  if (g.reason == core::give_up_reason::withdrawn) {
    f.code = ec::aborted;
    f.engine = engine;
    f.what = "taken back while engine " + std::to_string(engine) + " had it, which was lost";
    return fail(g.task.client, g.task.number, engine, f);
  }
  if (last) f = *last;
  f.code = ec::engine_lost;
  f.engine = engine;
  if (!last) f.what = "engine " + std::to_string(engine) + ", where this task could run, is gone";
  if (g.reason == core::give_up_reason::losses)
    f.what = "given up after " + std::to_string(g.losses) + " engines died under this task; the last: " + f.what;
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
    submit(u.client, u.number, std::move(*payload), u.allowed, size, u.options);
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
  lose_upload(uploads_.find({f.from.get(), f.header.tag}));
  assemblies_.drop(f.from, f.header.tag);
}

} // namespace pactor
