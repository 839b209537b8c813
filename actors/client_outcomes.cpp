// What comes of a client's tasks: outcomes, also large ones, and what tasks say while they run.

#include "actors/client_core.hpp"

#include "pactor/detail/failure.hpp"
#include "runtime/worker/protocol.hpp"

#include <cstring>
#include <new>
#include <utility>

namespace pactor {

using transport::frame_kind;
using wire::record;
using wire::record_kind;

namespace {

failure lost_result(int engine) {
  failure f;
  f.code = ec::engine_lost;
  f.engine = engine;
  f.what = "engine " + std::to_string(engine) + " was lost while its result was on the way";
  return f;
}

/// Other kinds would leave who waits for the task waiting.
bool ends_task(std::uint16_t kind) {
  const auto k = static_cast<record_kind>(kind);
  return k == record_kind::result || k == record_kind::failure || k == record_kind::partial;
}

} // namespace

void client_core::on_outcomes(const frame_in& f) {
  const auto now = detail::clock::now();
  std::vector<settled> done;
  std::vector<record> unwanted; // results that come by a lane, for tasks that are no more
  bool sound = true;
  {
    const std::lock_guard lock{mutex_};
    const bool read = wire::for_each_record(f.body.data(), f.body.size(), [&](const record& r, const char* payload) {
      if (!ends_task(r.kind) && !wire::is_output(r.kind)) {
        sound = false;
        return;
      }
      auto* p = tasks_.find(r.id);
      if (p && p->arriving) p = nullptr; // it has ended
      const auto by_lane = (r.flags & wire::shared) != 0;
      if (!p) {
        if (by_lane && !wire::is_output(r.kind)) unwanted.push_back(r);
        return;
      }
      const auto whole = !wire::is_output(r.kind) && (r.flags & wire::transferred) == 0;
      if (whole && p->shared != 0) lanes_.task_ended(std::exchange(p->shared, 0));
      if (whole && !by_lane) {
        auto left = *tasks_.leave(r.id);
        done.push_back({std::move(left.call), left.index, r, payload});
        return;
      }
      p->arriving = whole; // it is open until all of its result is here
      done.push_back({p->call, p->index, r, payload});
    });
    sound = sound && read;
  }
  for (const auto& r : unwanted) lanes_.await(r.engine, r.transfer, 0, [](const auto&) {});
  using namespace std::chrono;
  for (auto& d : done) {
    if (wire::is_output(d.record.kind)) {
      hear(d, f.body);
      continue;
    }
    detail::outcome o;
    o.kind = d.record.kind;
    o.engine = d.record.engine;
    o.pid = static_cast<int>(d.record.count);
    o.started = detail::clock::time_point{duration_cast<detail::clock::duration>(nanoseconds{d.record.started})};
    o.completed = detail::clock::time_point{duration_cast<detail::clock::duration>(nanoseconds{d.record.completed})};
    o.received = now;
    if ((d.record.flags & wire::shared) != 0) {
      settle_shared(d, std::move(o));
      continue;
    }
    if ((d.record.flags & wire::transferred) == 0) {
      o.payload = {f.body, d.payload, d.record.size};
      d.call->settle(d.index, std::move(o));
      continue;
    }
    settle_later(d, std::move(o), f.from);
  }
  {
    // Not before: what waits for room says then how the tasks that it depends on have ended.
    const std::lock_guard lock{mutex_};
    limit_.left([this] { return load(); });
  }
  acknowledge(f, done.size());
  if (!sound) throw error{ec::bad_payload, "the controller sent a malformed batch of outcomes"};
}

/// A task says something while it runs.
void client_core::hear(const settled& s, const detail::bytes& frame) {
  detail::utterance u;
  u.kind = s.record.kind;
  u.stream = (s.record.flags & wire::error_stream) != 0 ? text_stream::err : text_stream::out;
  u.engine = s.record.engine;
  u.losses = s.record.count;
  u.omitted = s.record.transfer;
  u.payload = {frame, s.payload, s.record.size};
  s.call->hear(s.index, u, kept_);
}

void client_core::settle_shared(settled& s, detail::outcome o) {
  std::uint64_t size = 0;
  if (s.record.size == sizeof size) std::memcpy(&size, s.payload, sizeof size);
  const auto engine = o.engine;
  lanes_.await(engine, s.record.transfer, size,
               [this, c = s.call, index = s.index, number = s.record.id,
                o = std::move(o)](std::optional<detail::bytes> payload) mutable {
                 if (!is_open(number)) return; // the client ended meanwhile
                 if (payload) {
                   o.payload = detail::slice{std::move(*payload)};
                   o.received = detail::clock::now();
                   c->settle(index, std::move(o));
                 } else {
                   settle_with(c, index, lost_result(o.engine));
                 }
                 take_out(number);
               });
}

void client_core::settle_later(settled& s, detail::outcome o, const transport::link_ptr& from) {
  std::uint64_t size = 0;
  if (s.record.size == sizeof size) std::memcpy(&size, s.payload, sizeof size);
  failure f;
  f.code = ec::bad_payload;
  f.engine = o.engine;
  f.what = "engine " + std::to_string(o.engine) + " announced a result of " + std::to_string(size) + " bytes";
  if (size == 0 || size >> 32 != 0) {
    settle_with(s.call, s.index, f);
    take_out(s.record.id);
    return;
  }
  try {
    assemblies_.expect(from, s.record.transfer, size);
  } catch (const std::bad_alloc&) {
    f.code = ec::system;
    f.what = "no memory for a result of " + std::to_string(size) + " bytes";
    settle_with(s.call, s.index, f);
    take_out(s.record.id);
    return;
  }
  arrivals_[s.record.transfer] = {std::move(s.call), s.index, std::move(o), s.record.id};
}

void client_core::on_piece(const frame_in& f) {
  auto payload = assemblies_.piece(f.from, f.header, f.body);
  if (!payload) return;
  auto a = arrivals_.extract(f.header.tag);
  if (a.empty()) return;
  a.mapped().outcome.payload = detail::slice{std::move(*payload)};
  a.mapped().outcome.received = detail::clock::now();
  a.mapped().call->settle(a.mapped().index, std::move(a.mapped().outcome));
  take_out(a.mapped().number);
}

detail::bytes client_core::buffer(const transport::link& from, const transport::frame_header& header) const {
  if (header.kind == static_cast<std::uint16_t>(frame_kind::piece))
    if (auto place = assemblies_.place(from, header)) return place;
  return detail::bytes::allocate(header.size);
}

/// The sender gives up a transfer.
void client_core::on_abandon(const frame_in& f) {
  assemblies_.drop(f.from, f.header.tag);
  if (auto a = arrivals_.extract(f.header.tag)) {
    settle_with(a.mapped().call, a.mapped().index, lost_result(a.mapped().outcome.engine));
    take_out(a.mapped().number);
  }
}

void client_core::settle_with(const std::shared_ptr<detail::call>& c, std::size_t index, const failure& f) {
  detail::outcome o;
  o.kind = static_cast<std::uint16_t>(record_kind::failure);
  o.engine = f.engine;
  o.started = o.completed = o.received = detail::clock::now();
  o.payload = detail::slice{detail::encode_failure(f)};
  c->settle(index, std::move(o));
}

} // namespace pactor
