#include "actors/client_core.hpp"

#include "actors/client_options.hpp"
#include "pactor/codec.hpp"
#include "pactor/detail/failure.hpp"
#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace pactor {

using transport::frame_kind;
using wire::record;
using wire::record_kind;

namespace {

failure connection_failure(ec code, const std::string& reason) {
  failure f;
  f.code = code == ec::interrupted ? ec::not_connected : code;
  f.what = "the connection to the controller ended: " + reason;
  return f;
}

} // namespace

void client_core::check_connected() const {
  if (ended_) throw not_connected{"the connection to the controller ended: " + end_reason_};
}

/// Waits until there is room for so many tasks of a call, from its `first`. With the connection there.
/// @return the call's options. They are encoded then and not before, since the controller forgets the ends of what it
/// depends on; but once for tasks that follow each other.
detail::bytes client_core::admit(std::unique_lock<std::mutex>& lock, const detail::call& c, std::size_t first,
                                 std::size_t tasks, std::size_t bytes) {
  check_connected();
  const auto all = first == 0 && c.size() > tasks && !limit_.may_wait() ? c.size() : tasks;
  const auto waited = limit_.admit(
      lock, {all, bytes}, first == 0, [this] { return load(); }, [this] { return ended_.has_value(); });
  check_connected();
  if (!c.options()) return {};
  if (first == 0 || waited || encoded_for_ != &c) encoded_ = encode_options(c);
  encoded_for_ = &c;
  return encoded_;
}

void client_core::leave_for(frame_kind kind, bool lone, std::unique_lock<std::mutex> lock) {
  if (flushing_) return;
  auto& out = kind == frame_kind::direct_tasks ? direct_ : balanced_;
  if (lone && uploads_.empty() && out.full.empty()) {
    // One call after the other: waking the I/O thread for each would cost a tenth of the whole way.
    auto body = out.batch.take();
    const auto to = controller_;
    const auto flags = kind == frame_kind::direct_tasks ? std::uint16_t{0} : std::uint16_t{transport::balanced};
    const std::uint64_t read = taken(flags);
    lock.unlock();
    const auto size = static_cast<std::uint32_t>(body.size());
    to->send_now({size, static_cast<std::uint16_t>(kind), flags, 0, read}, detail::slice{std::move(body)});
    return;
  }
  flushing_ = true;
  lock.unlock();
  flush_later_();
}

void client_core::add_task(outgoing& out, record r, const detail::slice& payload, std::uint16_t flags,
                           const detail::bytes& options, std::uint64_t shared) {
  if (!options.empty()) {
    record o;
    o.kind = static_cast<std::uint16_t>(record_kind::options);
    o.size = static_cast<std::uint32_t>(options.size());
    out.batch.add(o, options.data());
  }
  r.kind = static_cast<std::uint16_t>(record_kind::task);
  if (shared == 0 && payload.size <= worker::inline_limit) {
    r.size = static_cast<std::uint32_t>(payload.size);
    out.batch.add(r, payload.data);
    return;
  }
  const std::uint64_t size = payload.size;
  r.size = sizeof size;
  if (shared != 0) {
    r.flags |= wire::shared;
    r.transfer = shared;
    out.batch.add(r, &size);
    return;
  }
  r.flags |= wire::transferred;
  r.transfer = ++next_transfer_;
  out.batch.add(r, &size);
  uploads_.push_back({r.transfer, flags, payload});
}

void client_core::submit_direct(const std::shared_ptr<detail::call>& c, std::size_t first, const detail::slice& payload,
                                std::span<const int> targets) {
  std::unique_lock lock{mutex_};
  const auto options = admit(lock, *c, first, targets.size(), payload.size);
  using way = open_tasks::submission::way;
  if (away_) { // handed in when the controller is back
    for (std::size_t i = 0; i < targets.size(); ++i) tasks_.enter(c, first + i, 0, {way::direct, targets[i], payload});
    tasks_.weigh(c->ids[first], payload.size);
    return;
  }
  const auto shared = payload.size > worker::file_limit ? lanes_.offer(payload, targets).value_or(0) : 0;
  const bool lone = tasks_.empty() && shared == 0 && payload.size <= worker::inline_limit;
  if (lone && c->size() == 1) c->travels_alone(watch_time_);
  const auto inlined = std::min(payload.size, worker::inline_limit);
  direct_.make_room(3 * sizeof(record) + wire::padded(options.size()) + wire::padded(inlined) +
                    targets.size() * sizeof(target));
  record r;
  if (targets.size() == 1) {
    r.id = tasks_.enter(c, first, shared, {way::direct, targets[0], payload, {}, life()});
    r.engine = targets[0];
  } else {
    std::vector<target> list(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i)
      list[i] = {tasks_.enter(c, first + i, shared, {way::direct, targets[i], payload, {}, life()}), targets[i], 0};
    record t;
    t.kind = static_cast<std::uint16_t>(record_kind::targets);
    t.size = static_cast<std::uint32_t>(list.size() * sizeof(target));
    direct_.batch.add(t, list.data());
  }
  tasks_.weigh(c->ids[first], payload.size);
  add_task(direct_, r, payload, 0, options, shared);
  leave_for(frame_kind::direct_tasks, lone, std::move(lock));
}

void client_core::submit_balanced(const std::shared_ptr<detail::call>& c, std::size_t index,
                                  const detail::slice& payload, std::span<const int> allowed) {
  std::unique_lock lock{mutex_};
  const auto options = admit(lock, *c, index, 1, payload.size);
  open_tasks::submission given{open_tasks::submission::way::balanced, -1, payload, tasks_.shared(allowed),
                               away_ ? 0U : life()};
  const bool lone = tasks_.empty();
  if (away_) {
    tasks_.weigh(tasks_.enter(c, index, 0, std::move(given)), payload.size);
    return;
  }
  if (lone && c->size() == 1 && payload.size <= worker::inline_limit) c->travels_alone(watch_time_);
  const auto inlined = std::min(payload.size, worker::inline_limit);
  balanced_.make_room(3 * sizeof(record) + wire::padded(options.size()) + wire::padded(inlined) +
                      wire::padded(allowed.size_bytes()));
  if (!allowed.empty()) {
    record t;
    t.kind = static_cast<std::uint16_t>(record_kind::targets);
    t.size = static_cast<std::uint32_t>(allowed.size() * sizeof(std::int32_t));
    balanced_.batch.add(t, allowed.data());
  }
  record r;
  r.id = tasks_.enter(c, index, 0, std::move(given));
  tasks_.weigh(r.id, payload.size);
  add_task(balanced_, r, payload, transport::balanced, options);
  leave_for(frame_kind::balanced_tasks, lone, std::move(lock));
}

void client_core::flush() {
  std::unique_lock lock{mutex_};
  flushing_ = false;
  if (!controller_ || ended_ || away_) return;
  auto direct = direct_.take();
  auto balanced = balanced_.take();
  const auto uploads = std::exchange(uploads_, {});
  const auto orders = std::exchange(orders_, {});
  lock.unlock();
  lanes_.flush();
  for (auto& body : direct)
    controller_->send(frame_kind::direct_tasks, detail::slice{std::move(body)}, 0, 0, direct_taken_);
  for (auto& body : balanced)
    controller_->send(frame_kind::balanced_tasks, detail::slice{std::move(body)}, 0, transport::balanced,
                      balanced_taken_);
  for (const auto& u : uploads) senders_.start(controller_, u.transfer, u.flags, u.payload);
  for (const auto& o : orders) {
    if (o.query) {
      controller_->send(frame_kind::task_query, o.body, o.direct_tag);
      continue;
    }
    controller_->send(frame_kind::task_control, o.body, o.direct_tag);
    controller_->send(frame_kind::task_control, o.body, o.balanced_tag, transport::balanced);
  }
}

void client_core::send_later(order o, std::unique_lock<std::mutex> lock) {
  orders_.push_back(std::move(o));
  const bool asked = std::exchange(flushing_, true);
  lock.unlock();
  if (!asked) flush_later_();
}

void client_core::end_tasks(const task_control& c) {
  order o{detail::slice{encode(c)}};
  std::unique_lock lock{mutex_};
  check_connected();
  note_orders(c);
  if (away_) return;
  send_later(std::move(o), std::move(lock));
}

std::uint64_t client_core::end_tasks(const task_control& c, std::chrono::milliseconds timeout) {
  order o{detail::slice{encode(c)}};
  std::unique_lock lock{mutex_};
  await_return(lock, std::chrono::steady_clock::now() + timeout);
  auto [direct_tag, direct] = question();
  auto [balanced_tag, balanced] = question();
  o.direct_tag = direct_tag;
  o.balanced_tag = balanced_tag;
  send_later(std::move(o), std::move(lock));
  const auto known = decode<std::uint64_t>(await(direct_tag, direct, timeout));
  return known + decode<std::uint64_t>(await(balanced_tag, balanced, timeout));
}

void client_core::fetch(const std::shared_ptr<detail::call>& c, std::uint32_t client, std::uint64_t number) {
  std::unique_lock lock{mutex_};
  check_connected();
  const auto as = tasks_.enter(c, 0, 0, {});
  send_later({detail::slice{encode(task_query{client, number, as})}, 0, 0, true}, std::move(lock));
}

task_list_answer client_core::list_tasks(std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  await_return(lock, std::chrono::steady_clock::now() + timeout);
  auto [tag, answer] = question();
  send_later({detail::slice{encode(task_query{})}, tag, 0, true}, std::move(lock));
  return decode<task_list_answer>(await(tag, answer, timeout));
}

std::uint32_t client_core::number() const {
  const std::lock_guard lock{mutex_};
  return welcome_ ? welcome_->client : 0;
}

std::pair<std::uint64_t, std::future<detail::bytes>> client_core::question() {
  const auto tag = ++next_question_;
  return {tag, questions_[tag].get_future()};
}

detail::bytes client_core::await(std::uint64_t tag, std::future<detail::bytes>& answer,
                                 std::chrono::milliseconds timeout) {
  if (answer.wait_for(timeout) == std::future_status::ready) return answer.get();
  const std::lock_guard lock{mutex_};
  questions_.erase(tag);
  throw timeout_error{"the controller did not answer within " + std::to_string(timeout.count()) + " ms"};
}

detail::bytes client_core::ask(const query& q, std::chrono::milliseconds timeout) {
  return ask(frame_kind::query, detail::slice{encode(q)}, 0, timeout);
}

detail::bytes client_core::ask(frame_kind kind, detail::slice body, std::uint64_t aux,
                               std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  await_return(lock, std::chrono::steady_clock::now() + timeout);
  auto [tag, answer] = question();
  const auto to = controller_;
  lock.unlock();
  to->in_loop(
      [kind, number = tag, body = std::move(body), aux](transport::link& l) { l.send(kind, body, number, 0, aux); });
  return await(tag, answer, timeout);
}

std::vector<int> client_core::engines() const {
  const std::lock_guard lock{mutex_};
  return engines_;
}

std::string client_core::host_of(int engine) const {
  const std::lock_guard lock{mutex_};
  for (const auto& p : places_)
    if (std::find(p.engines.begin(), p.engines.end(), engine) != p.engines.end()) return p.host;
  return {};
}

bool client_core::wait_for_engines(std::size_t n, std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  const auto enough = changed_.wait_for(lock, timeout, [&] { return ended_ || engines_.size() >= n; });
  check_connected();
  return enough;
}

welcome_client client_core::wait_for_welcome(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_until(lock, deadline, [&] { return ended_ || welcome_; }))
    throw timeout_error{"the controller did not welcome this client in time"};
  if (welcome_) return *welcome_;
  if (*ended_ == ec::not_connected) check_connected();
  throw error{*ended_, "the controller refused this client: " + end_reason_};
}

bool client_core::connected() const {
  const std::lock_guard lock{mutex_};
  return welcome_ && !ended_ && !away_;
}

table_sizes client_core::tables() const {
  const std::lock_guard lock{mutex_};
  return {{"client: tasks", tasks_.size()},
          {"client: uploads", uploads_.size() + senders_.size()},
          {"client: orders", orders_.size()},
          {"client: questions", questions_.size()},
          {"client: results", arrivals_.size() + assemblies_.size()},
          {"client: bytes", tasks_.weight()}};
}

void client_core::on_connected(const transport::link_ptr& controller, const hello_client& hello) {
  auto again = hello;
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return controller->close("this client closed it");
    controller_ = controller;
    limit_.spare_this_thread();
    if (welcome_) {
      again.number = welcome_->client;
      again.key = welcome_->key;
    }
  }
  controller->send(frame_kind::hello, detail::slice{encode(again)});
}

void client_core::on_frame(const frame_in& f) {
  try {
    switch (static_cast<frame_kind>(f.header.kind)) {
    case frame_kind::outcomes:
      return on_outcomes(f);
    case frame_kind::piece:
      return on_piece(f);
    case frame_kind::credit:
      senders_.credit(f.from, f.header);
      return;
    case frame_kind::abandon:
      return on_abandon(f);
    case frame_kind::answer:
      return on_answer(f);
    case frame_kind::engines: {
      auto places = decode<std::vector<node_place>>(f.body);
      lanes_.set_places(client_, places);
      return set_places(std::move(places));
    }
    case frame_kind::welcome:
      return on_welcome(f);
    case frame_kind::stop:
      return end(ec::not_connected, "the cluster was stopped");
    case frame_kind::refused: {
      const auto r = decode<refusal>(f.body);
      return end(static_cast<ec>(r.code), r.what);
    }
    default:
      return;
    }
  } catch (const error& e) { // a controller that talks nonsense is none
    f.from->close(e.what());
  }
}

void client_core::on_answer(const frame_in& f) {
  const std::lock_guard lock{mutex_};
  if (auto q = questions_.extract(f.header.tag)) q.mapped().set_value(f.body);
}

void client_core::set_places(std::vector<node_place> places) {
  std::vector<int> engines;
  for (const auto& p : places) engines.insert(engines.end(), p.engines.begin(), p.engines.end());
  std::sort(engines.begin(), engines.end());
  const std::lock_guard lock{mutex_};
  engines_ = std::move(engines);
  places_ = std::move(places);
  changed_.notify_all();
}

void client_core::end(ec code, const std::string& reason) {
  std::vector<open_tasks::task> open;
  decltype(questions_) questions;
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    ended_ = code;
    away_ = false;
    end_reason_ = reason;
    engines_.clear();
    questions.swap(questions_);
    open = tasks_.leave_all();
    limit_.ended();
    uploads_.clear();
    orders_.clear();
    changed_.notify_all();
  }
  const auto f = connection_failure(ec::not_connected, reason);
  for (auto& [tag, q] : questions) q.set_exception(std::make_exception_ptr(not_connected{f.what}));
  for (const auto& p : open) settle_with(p.call, p.index, f);
  arrivals_.clear();
  lanes_.close();
  if (controller_) senders_.link_down(controller_);
}

} // namespace pactor
