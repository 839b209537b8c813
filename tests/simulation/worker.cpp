#include "tests/simulation/worker.hpp"

#include "pactor/detail/failure.hpp"
#include "runtime/worker/protocol.hpp"
#include "tests/simulation/cluster.hpp"

#include <charconv>
#include <csignal>

namespace pactor::test {

using namespace std::chrono_literals;
using wire::record;
using wire::record_kind;

simulated_worker::simulated_worker(simulated_node& n, simulated_cluster& c, worker_events& events)
    : node_{n}, cluster_{c}, events_{&events} {}

void simulated_worker::later(nanoseconds delay, void (simulated_worker::*what)()) {
  auto& net = node_.net;
  net.plan(net.now() + delay, [self = shared_from_this(), what] {
    if (self->alive_ && self->node_.alive) ((*self).*what)();
  });
}

void simulated_worker::said(const record& r, const char* payload) {
  if (!alive_) return;
  if (r.kind == static_cast<std::uint16_t>(worker::link_kind::init)) {
    engine_ = worker::decode_setup(payload, r.size).engine;
    node_.after(1ms, [self = shared_from_this()] {
      record ready;
      ready.kind = static_cast<std::uint16_t>(worker::link_kind::ready);
      if (self->alive_ && self->events_) self->events_->worker_said(ready, nullptr, {});
    });
    return;
  }
  if (r.kind != static_cast<std::uint16_t>(record_kind::task)) return;
  const auto call = wire::read_call(payload, r.size);
  std::uint64_t number = 0;
  if (call) std::from_chars(call->arguments, call->arguments + call->size, number);
  inbox_.emplace_back(r.id, number);
  later(10us, &simulated_worker::next);
}

void simulated_worker::next() {
  if (running_ || inbox_.empty()) return;
  const auto task = inbox_.front();
  inbox_.pop_front();
  if (!control.page().begin(++ordinal_)) {
    failure f;
    f.code = ec::aborted;
    f.what = "withdrawn";
    const auto body = detail::encode_failure(f);
    answer(record_kind::failure, task.first, {body.data(), body.size()}, false);
    return next();
  }
  running_ = task;
  began_ = node_.net.now();
  later(cluster_.begins(task.second, engine_), &simulated_worker::done);
}

void simulated_worker::done() {
  if (!running_) return;
  auto result = cluster_.ends(running_->second, engine_);
  if (!result) return die(SIGSEGV);
  const auto id = std::exchange(running_, std::nullopt)->first;
  answer(result->first, id, std::move(result->second), true);
  next();
}

void simulated_worker::answer(record_kind kind, std::uint64_t id, std::string payload, bool ran) {
  record r;
  r.id = id;
  r.kind = static_cast<std::uint16_t>(kind);
  r.size = static_cast<std::uint32_t>(payload.size());
  if (ran) {
    r.started = began_.count() + 1;
    r.completed = node_.net.now().count() + 1;
  }
  written_.push_back({r, std::move(payload)});
  // Results leave the worker together: what it dies with was run all the same.
  if (!std::exchange(writes_, true)) later(node_.net.random.one_in(4) ? 300us : 5us, &simulated_worker::write);
}

void simulated_worker::write() {
  writes_ = false;
  node_.after(5us, [self = shared_from_this(), all = std::exchange(written_, {})] {
    for (const auto& o : all)
      if (self->events_) self->events_->worker_said(o.head, o.payload.data(), {});
    if (self->events_) self->events_->turn_ended();
  });
}

void simulated_worker::die(int signal) {
  if (!std::exchange(alive_, false)) return;
  node_.net.say("the worker of engine " + std::to_string(engine_) + " dies");
  if (running_) cluster_.cut_short(running_->second);
  node_.after(50us, [self = shared_from_this(), signal] {
    pactor::process::exit_state how;
    how.signal = signal;
    if (self->events_) self->events_->worker_ended(how);
  });
}

} // namespace pactor::test
