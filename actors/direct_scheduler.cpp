#include "actors/direct_scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace pactor {

using wire::record;
using wire::record_kind;

std::vector<std::pair<std::uint32_t, std::uint64_t>> direct_scheduler_state::engine_lost(int engine, const failure&) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> result;
  for (const auto& o : core_.engine_lost(engine)) result.emplace_back(o.client, o.number);
  return result;
}

/// What waits at the engines is dropped; what runs goes on.
void direct_scheduler_state::client_gone(std::uint32_t client) {
  const auto runs = core_.client_gone(client);
  task_control c;
  c.how = static_cast<std::uint8_t>(end_how::abort);
  c.by = "the controller, since its client is gone";
  std::vector<placed_task> placed;
  placed.reserve(runs.size());
  for (const auto& r : runs) placed.push_back({r.id, r.engine});
  order(c, placed);
}

void direct_scheduler_state::close(const close_engines& c) {
  for (const auto engine : c.engines) core_.close(engine);
}

std::optional<std::pair<std::uint32_t, std::uint64_t>> direct_scheduler_state::on_outcome(const record& r,
                                                                                          std::string_view) {
  const auto o = core_.finished(r.id, r.engine);
  if (!o) return std::nullopt;
  return std::pair{o->client, o->number};
}

std::optional<core::task_core::running> direct_scheduler_state::on_output(const record& r) {
  const auto o = core_.owner_of(r.id, r.engine);
  if (!o) return std::nullopt;
  return core::task_core::running{*o, 0};
}

table_sizes direct_scheduler_state::tables() const {
  auto all = scheduler_base::tables();
  all.emplace_back("direct scheduler: tasks", core_.pending());
  return all;
}

scheduler_base::withdrawal direct_scheduler_state::withdraw(std::uint32_t client,
                                                            std::span<const std::uint64_t> numbers) {
  withdrawal result; // every one is with its engine
  for (const auto& t : core_.locate(client, numbers)) result.placed.push_back({t.id, t.engine});
  return result;
}

void direct_scheduler_state::on_tasks(client_entry& from, const detail::bytes& batch) {
  bool sound = true;
  forget_options();
  targets_.clear(); // what another client's malformed batch left is not for this one
  core_.set_time(std::chrono::steady_clock::now());
  const bool whole = wire::for_each_record(batch.data(), batch.size(), [&](const record& r, const char* payload) {
    if (r.kind == static_cast<std::uint16_t>(record_kind::targets) && r.size % sizeof(target) == 0) {
      targets_.resize(r.size / sizeof(target));
      if (r.size > 0) std::memcpy(targets_.data(), payload, r.size);
    } else if (r.kind == static_cast<std::uint16_t>(record_kind::task)) {
      on_task(from, r, payload);
      forget_options();
    } else if (r.kind == static_cast<std::uint16_t>(record_kind::options)) {
      options_ = checked_options(payload, r.size);
    } else {
      sound = false;
    }
  });
  if (!whole || !sound) refuse(from.out.link(), "a malformed batch of directed tasks");
}

void direct_scheduler_state::payloads_lost(const piece_relay::cargo& tasks) {
  for (const auto& [id, engine] : tasks) {
    const auto o = core_.finished(id, engine);
    if (!o) continue;
    // Handed in again it would come behind others that were behind it.
    failure f;
    f.code = ec::not_connected;
    f.engine = engine;
    f.what =
        "the connection to the controller was lost while the arguments of this task were on their way: it never ran";
    fail(o->client, o->number, engine, f);
  }
}

std::optional<std::uint64_t> direct_scheduler_state::accept(const client_entry& from, const target& t,
                                                            std::uint16_t flags, const core::burden& what) {
  const bool again = (flags & wire::again) != 0, handed_in = (flags & (wire::again | repeated)) != 0;
  if (handed_in && known_already(from, t.id)) return std::nullopt;
  const auto o = owner_of(from, t.id);
  if (!label_.empty()) ends().log.label(o, label_);
  if (again) {
    if (const auto run = claim({from.number, t.id})) {
      if (const auto id = core_.submit(o.client, o.number, run->engine, what)) {
        adopted(*run, *id);
        return std::nullopt;
      }
    } else if (!recovered().certain(t.engine)) {
      fail_uncertain(o, t.engine);
      return std::nullopt;
    }
  }
  if (handed_in && from.dropped) {
    fail_uncertain(o, t.engine);
    return std::nullopt;
  }
  if (const auto id = core_.submit(o.client, o.number, t.engine, what)) return id;
  failure f;
  f.engine = t.engine;
  if (core_.knows(t.engine) && !core_.has_place(o.client, what.bytes)) {
    f.code = ec::would_block;
    f.what = too_much_open(from.number, core_.open_limit());
  } else {
    f.code = ec::engine_lost;
    f.what = "there is no engine " + std::to_string(t.engine) + " any more";
  }
  fail(o.client, o.number, t.engine, f);
  return std::nullopt;
}

std::vector<std::pair<scheduler_base::node_entry*, std::vector<target>>>
direct_scheduler_state::by_node(const client_entry& from, std::uint16_t flags, core::burden what) {
  std::vector<std::pair<node_entry*, std::vector<target>>> groups;
  for (const auto& t : std::exchange(targets_, {})) {
    const auto id = accept(from, t, flags, what);
    if (!id) continue;
    what.bytes = 0; // the others share them
    auto* n = node_of(t.engine);
    auto g = std::find_if(groups.begin(), groups.end(), [n](const auto& group) { return group.first == n; });
    if (g == groups.end()) g = groups.insert(g, {n, {}});
    g->second.push_back({*id, t.engine, 0, t.id});
  }
  return groups;
}

void direct_scheduler_state::on_task(client_entry& from, const record& r, const char* payload) {
  const bool transferred = (r.flags & wire::transferred) != 0;
  if (transferred && r.size != sizeof(std::uint64_t)) throw error{ec::bad_payload, "a transfer without its size"};
  // Of a payload that is still on its way nothing is known but its size.
  const auto elsewhere = transferred || (r.flags & wire::shared) != 0;
  core::burden what{elsewhere ? 0 : kind_of(payload, r.size), r.size};
  if (transferred) std::memcpy(&what.bytes, payload, sizeof what.bytes);
  const auto size = what.bytes;
  if (transferred && (size == 0 || size >> 32 != 0)) throw error{ec::bad_payload, "a transfer of an impossible size"};
  if (transferred && relay_.is_open({from.out.link(), r.transfer}))
    throw error{ec::bad_payload, "a transfer with the number of another"};
  if (r.engine >= 0 && !transferred) { // the usual case, without a detour
    if (const auto id = accept(from, {r.id, r.engine, 0}, r.flags, what)) {
      auto out = r;
      out.id = *id;
      out.count = from.number;
      out.started = static_cast<std::int64_t>(r.id);
      auto& n = *node_of(r.engine);
      send_options(n);
      n.out.add(out, payload);
    }
    return;
  }
  if (r.engine >= 0) targets_.assign(1, target{r.id, r.engine, 0});
  // One copy of the payload a node, whatever the number of its engines.
  auto groups = by_node(from, r.flags, what);
  std::vector<piece_relay::end> destinations;
  piece_relay::cargo tasks;
  if (transferred)
    for (const auto& [n, list] : groups)
      for (const auto& t : list) tasks.emplace_back(t.id, t.engine);
  for (auto& [n, list] : groups) {
    auto out = r;
    out.count = from.number;
    if (transferred) {
      out.transfer = next_transfer();
      destinations.push_back({n->out.link(), out.transfer});
    }
    send_to(*n, std::move(list), out, payload);
    if (transferred) n->out.send(); // before its pieces
  }
  if (!transferred) return;
  relay_.open({from.out.link(), r.transfer}, std::move(destinations), flags(), size, std::move(tasks));
}

void direct_scheduler_state::send_to(node_entry& n, std::vector<target> targets, record r, const char* payload) {
  if (targets.size() == 1) {
    r.id = targets[0].id;
    r.engine = targets[0].engine;
    r.started = static_cast<std::int64_t>(targets[0].number);
  } else {
    record t;
    t.kind = static_cast<std::uint16_t>(record_kind::targets);
    t.size = static_cast<std::uint32_t>(targets.size() * sizeof(target));
    n.out.add(t, targets.data());
    r.engine = -1;
  }
  send_options(n);
  n.out.add(r, payload);
}

void direct_scheduler_state::send_options(node_entry& n) const {
  if (options_.size() > 0) n.out.add(options_record(options_), options_.data());
}

} // namespace pactor
