#include "actors/task_scheduler.hpp"

#include "pactor/detail/failure.hpp"

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
  for (const auto& g : core_.engine_lost(engine)) result.emplace_back(g.task.client, g.task.number);
  return result;
}

void task_scheduler_state::client_gone(std::uint32_t client) { core_.client_gone(client); }

void task_scheduler_state::peer_gone(const transport::link_ptr& which) {
  senders_.link_down(which);
  for (const auto tag : assemblies_.link_down(which)) uploads_.erase({which.get(), tag});
}

void task_scheduler_state::on_tasks(client_entry& from, const detail::bytes& batch) {
  bool sound = true;
  allowed_.clear(); // what another client's malformed batch left is not for this one
  const bool whole = wire::for_each_record(batch.data(), batch.size(), [&](const record& r, const char* payload) {
    if (r.kind == static_cast<std::uint16_t>(record_kind::targets) && r.size % sizeof(std::int32_t) == 0) {
      allowed_.resize(r.size / sizeof(std::int32_t));
      std::memcpy(allowed_.data(), payload, r.size);
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
    if ((r.flags & wire::transferred) == 0) {
      submit(from.number, r.id, {batch, payload, r.size}, allowed, 0);
      return;
    }
    std::uint64_t size = 0;
    if (r.size == sizeof size) std::memcpy(&size, payload, sizeof size);
    if (size == 0 || size >> 32 != 0) {
      sound = false;
      return;
    }
    uploads_[{from.out.link().get(), r.transfer}] = upload{from.number, r.id, allowed};
    assemblies_.expect(from.out.link(), r.transfer, size);
  });
  if (!whole || !sound) refuse(from.out.link(), "a malformed batch of balanced tasks");
}

void task_scheduler_state::submit(std::uint32_t client, std::uint64_t number, detail::slice payload,
                                  std::span<const int> allowed, std::uint64_t transfer_size) {
  core::task_request request;
  request.client = client;
  request.number = number;
  request.kind = kind_of(payload);
  request.payload = std::move(payload);
  request.transfer_size = transfer_size;
  request.allowed = allowed;
  if (core_.submit(std::move(request)) == core::submission::accepted) return;
  failure f;
  f.code = ec::no_engines;
  f.what = "none of the engines that may run this task is registered";
  fail(client, number, -1, f);
}

void task_scheduler_state::before_flush() {
  while (const auto a = core_.next()) {
    auto* n = node_of(a->engine);
    if (!n) continue; // its node is going; the core hears of it next
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
    if (const auto g = core_.task_lost(r.id, r.engine, (r.flags & wire::started) != 0)) {
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
  const auto o = core_.finished(r.id, r.engine, std::chrono::nanoseconds{r.completed - r.started});
  if (!o) return std::nullopt;
  return std::pair{o->client, o->number};
}

std::optional<core::task_core::running> task_scheduler_state::on_output(const record& r) {
  return core_.owner_of(r.id, r.engine);
}

void task_scheduler_state::give_up(const core::given_up& g, int engine, const failure* last) {
  failure f;
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
    relay_.piece(f.from, f.header, f.body);
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
    submit(u.client, u.number, std::move(*payload), u.allowed, size);
    flush_soon();
  } catch (const error& e) {
    refuse(f.from, e.what());
  }
}

void task_scheduler_state::on_credit(const frame_in& f) {
  if ((f.header.flags & transport::upward) != 0)
    relay_.credit(f.from, f.header);
  else
    senders_.credit(f.from, f.header);
}

void task_scheduler_state::on_abandon(const frame_in& f) {
  if ((f.header.flags & transport::upward) != 0) return relay_.abandoned(f.from, f.header);
  assemblies_.drop(f.from, f.header.tag);
  uploads_.erase({f.from.get(), f.header.tag});
}

} // namespace pactor
