// A client whose controller went away: it waits, and hands in again what has no outcome.

#include "actors/client_core.hpp"

#include "actors/client_options.hpp"
#include "pactor/codec.hpp"
#include "runtime/worker/protocol.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace pactor {

using transport::frame_kind;
using wire::record;
using wire::record_kind;

void client_core::on_link_down(const std::string& reason) {
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
  }
  if (!welcome_ || !reconnect_ || closing_) return end(ec::not_connected, reason);
  lose();
}

void client_core::lose() {
  decltype(questions_) questions;
  {
    const std::lock_guard lock{mutex_};
    away_ = true;
    direct_ = {};
    balanced_ = {};
    uploads_.clear();
    orders_.clear();
    questions.swap(questions_);
    changed_.notify_all();
  }
  const not_connected interrupted{"the controller went away before it answered"};
  for (auto& [tag, q] : questions) q.set_exception(std::make_exception_ptr(interrupted));
  senders_.link_down(controller_);
  static_cast<void>(assemblies_.link_down(controller_));
  arrivals_.clear(); // their tasks are open still
  reconnect_();
}

void client_core::on_welcome(const frame_in& f) {
  auto w = decode<welcome_client>(f.body);
  controller_->welcome_peer();
  controller_->set_heartbeat(std::chrono::milliseconds{w.heartbeat_ms});
  const bool again = client_ != 0;
  // A controller that knows this client no more has dropped what it had there.
  const bool dropped = again && w.client != client_, same = again && w.incarnation == welcome_->incarnation;
  if (again && w.client != client_) lanes_.close(); // nodes know it by its number
  client_ = w.client;
  // After a restart there is no list until all nodes are back; what was there before stands until then.
  if (!again || dropped || same || !w.nodes.empty()) {
    lanes_.set_places(w.client, w.nodes);
    set_places(std::move(w.nodes));
  }
  {
    const std::lock_guard lock{mutex_};
    welcome_ = std::move(w);
    if (!again) changed_.notify_all();
  }
  if (again) come_back(dropped);
}

void client_core::come_back(bool dropped) {
  std::vector<open_tasks::task> lost;
  {
    // Held to the end: what is submitted from now on comes after what is handed in again.
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    direct_taken_ = 0;
    balanced_taken_ = 0;
    outcomes_untold_ = bytes_untold_ = 0;
    std::array<task_control, 4> orders;
    for (const auto& [number, t] : tasks_.in_order()) {
      if (t->arriving) continue; // by a lane, which has nothing to do with the controller
      if (dropped || t->given.how == open_tasks::submission::way::none) {
        if (auto p = tasks_.leave(number)) lost.push_back(*std::move(p));
        continue;
      }
      if (t->ordered > 0) orders[t->ordered - 1U].tasks.push_back(number);
      hand_in(number, *t);
    }
    lanes_.flush();
    for (auto& body : direct_.take()) controller_->send(frame_kind::direct_tasks, detail::slice{std::move(body)});
    for (auto& body : balanced_.take())
      controller_->send(frame_kind::balanced_tasks, detail::slice{std::move(body)}, 0, transport::balanced);
    for (const auto& u : std::exchange(uploads_, {})) senders_.start(controller_, u.transfer, u.flags, u.payload);
    for (std::size_t how = 0; how < orders.size(); ++how) {
      if (orders[how].tasks.empty()) continue;
      orders[how].how = static_cast<std::uint8_t>(how);
      const detail::slice body{encode(orders[how])};
      for (const auto flags : {std::uint16_t{0}, std::uint16_t{transport::balanced}})
        controller_->send(frame_kind::task_control, body, 0, flags);
    }
    for (const auto flags : {std::uint16_t{0}, std::uint16_t{transport::balanced}})
      controller_->send(frame_kind::resume, {}, 0, flags);
    away_ = false;
    changed_.notify_all();
    limit_.left([this] { return load(); });
  }
  failure f;
  f.code = ec::not_connected;
  f.what = "the connection to the controller was lost while it had this task";
  for (const auto& p : lost) {
    if (p.shared != 0) lanes_.task_ended(p.shared);
    settle_with(p.call, p.index, f);
  }
}

/// With mutex_ held.
void client_core::hand_in(std::uint64_t number, open_tasks::task& t) {
  const auto options = encode_options(*t.call);
  const auto& given = t.given;
  const auto inlined = std::min(given.payload.size, worker::inline_limit);
  const auto room = 3 * sizeof(record) + wire::padded(options.size()) + wire::padded(inlined);
  record r;
  r.id = number;
  const auto marked = [&](outgoing& out, std::uint16_t flags) {
    if (t.given.sent == 0)
      t.given.sent = life();
    else
      r.flags = t.given.sent < life() ? std::uint16_t{wire::again} : repeated;
    add_task(out, r, given.payload, flags, options, t.shared);
  };
  if (given.how == open_tasks::submission::way::direct) {
    if (t.shared != 0) lanes_.task_ended(t.shared);
    const std::array<int, 1> to{given.engine};
    t.shared = given.payload.size > worker::file_limit ? lanes_.offer(given.payload, to).value_or(0) : 0;
    direct_.make_room(room);
    r.engine = given.engine;
    return marked(direct_, 0);
  }
  const auto allowed = given.allowed ? given.allowed->size() * sizeof(std::int32_t) : 0;
  balanced_.make_room(room + wire::padded(allowed));
  if (allowed > 0) {
    record targets;
    targets.kind = static_cast<std::uint16_t>(record_kind::targets);
    targets.size = static_cast<std::uint32_t>(allowed);
    balanced_.batch.add(targets, given.allowed->data());
  }
  marked(balanced_, transport::balanced);
}

void client_core::await_return(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point deadline) {
  changed_.wait_until(lock, deadline, [this] { return !away_; });
  check_connected();
  if (away_) throw not_connected{"the controller is away"};
}

/// With mutex_ held: what is to end is told to a restarted controller too.
void client_core::note_orders(const task_control& c) {
  if (c.client != 0) return;
  for (const auto number : c.tasks)
    if (auto* t = tasks_.find(number))
      t->ordered = std::max<std::uint8_t>(t->ordered, static_cast<std::uint8_t>(c.how + 1));
}

void client_core::take_out(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  const auto t = tasks_.leave(number);
  if (t && t->shared != 0) lanes_.task_ended(t->shared);
  limit_.left([this] { return load(); });
}

bool client_core::is_open(std::uint64_t number) const {
  const std::lock_guard lock{mutex_};
  return tasks_.find(number) != nullptr;
}

/// As a rule the next tasks tell how far outcomes were read; who has none to send tells it from time to time, lest one
/// that idles holds up what nodes keep for all.
void client_core::acknowledge(const frame_in& f, std::size_t outcomes) {
  constexpr std::size_t many = 4096, much = std::size_t{1} << 20;
  ++taken(f.header.flags);
  outcomes_untold_ += outcomes;
  bytes_untold_ += f.body.size();
  if (outcomes_untold_ >= many || bytes_untold_ >= much) return tell_taken();
  if (!std::exchange(telling_, true) && tell_later_) tell_later_();
}

void client_core::tell_taken() {
  telling_ = false;
  outcomes_untold_ = bytes_untold_ = 0;
  {
    const std::lock_guard lock{mutex_};
    if (ended_ || away_ || !controller_) return;
  }
  controller_->send(frame_kind::acknowledge, {}, 0, 0, direct_taken_);
  controller_->send(frame_kind::acknowledge, {}, 0, transport::balanced, balanced_taken_);
}

} // namespace pactor
