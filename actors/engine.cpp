#include "actors/engine.hpp"

#include "pactor/detail/failure.hpp"
#include "runtime/jobs/crash_report.hpp"
#include "runtime/worker/protocol.hpp"

#include <csignal>
#include <cstring>
#include <functional>

namespace pactor {

using wire::record;
using wire::record_kind;

namespace {

std::uint32_t kind_of(const detail::slice& payload) {
  const auto call = wire::read_call(payload.data, payload.size);
  return call ? static_cast<std::uint32_t>(std::hash<std::string_view>{}(call->job)) : 0;
}

/// The worker found the task withdrawn.
bool never_began(const record& r, const char* payload) {
  if (r.kind != static_cast<std::uint16_t>(record_kind::failure) || (r.flags & (wire::transferred | wire::shared)) != 0)
    return false;
  try {
    const auto f = detail::decode_failure(payload, r.size);
    return f.code == ec::aborted && f.job.empty(); // what a job throws comes with its name
  } catch (const error&) {
    return false;
  }
}

} // namespace

engine_state::engine_state(std::shared_ptr<node_services> services, std::uint32_t seed)
    : services_{std::move(services)}, chance_{seed}, policy_{services_->worker_restarts} {}

void engine_state::start() {
  if (stopping_ || worker_ || core_.status() == core::engine_status::shut_down) return;
  introduced_ = false;
  printed_.restart();
  if (!services_->oom_kills) services_->oom_kills = services_->count_oom_kills();
  try {
    worker_ = services_->start_worker(*this);
  } catch (const error& e) {
    last_loss_ = e.what();
    after_loss();
    return;
  }
  current_ = std::make_shared<worker_link*>(worker_.get());
  pid_ = worker_->pid();
  introduce();
}

void engine_state::assign(int number) {
  number_ = number;
  introduce();
}

void engine_state::introduce() {
  if (!worker_ || number_ < 0 || introduced_ || !services_->settled) return;
  introduced_ = true;
  worker::setup told{number_, services_->host, services_->libraries, services_->execute, {}, services_->shipping};
  for (const auto& l : services_->shipped) told.shipped.push_back({l.file, l.hash, l.path});
  const auto body = worker::encode_setup(told);
  record r;
  r.kind = static_cast<std::uint16_t>(worker::link_kind::init);
  r.size = static_cast<std::uint32_t>(body.size());
  worker_->send(r, body.data());
  worker_->flush();
}

void engine_state::use_library(const placed_library& l) {
  if (!worker_ || !introduced_) return; // told of all when it is introduced
  const auto body = worker::encode_library({l.file, l.hash, l.path});
  record r;
  r.kind = static_cast<std::uint16_t>(worker::link_kind::library);
  r.size = static_cast<std::uint32_t>(body.size());
  worker_->send(r, body.data());
  worker_->flush();
}

void engine_state::take(engine_tasks& tasks) {
  for (auto& item : tasks.items) {
    core::engine_task t;
    t.id = item.id;
    t.directed = item.directed;
    t.ready = !item.file || item.file->complete();
    t.kind = kind_of(item.payload);
    t.payload = std::move(item.payload);
    t.client = item.client;
    t.owner = item.owner;
    const core::task_ref ref{item.id, item.directed};
    if (core_.push(std::move(t))) {
      if (item.run_limit > std::chrono::nanoseconds{0}) guard_.set_limit(ref, item.run_limit);
      if (item.file) files_[{item.directed, item.id}] = std::move(item.file);
      continue;
    }
    const auto why = core_.status() == core::engine_status::shut_down ? " was shut down: " : " was given up: ";
    send_lost(ref, failure_of(ec::engine_lost, "engine " + std::to_string(number_) + why + last_loss_), false,
              item.owner);
  }
  feed();
}

void engine_state::transfer(const transfer_ended& t) {
  const core::task_ref ref{t.id, t.directed};
  if (t.complete) {
    core_.set_ready(ref);
    feed();
  } else {
    files_.erase({t.directed, t.id});
    guard_.forget(ref);
    const auto whose = core_.owner_of(ref);
    const bool waited = core_.withdraw(ref);
    feed(); // what stood behind it can go on
    if (waited && !t.trouble.empty()) end_early(ref, ec::system, t.trouble, whose);
  }
}

void engine_state::feed() {
  if (!worker_) return;
  while (auto t = core_.next()) {
    record r;
    r.id = t->id;
    r.kind = static_cast<std::uint16_t>(record_kind::task);
    const auto file = files_.find({t->directed, t->id});
    if (file == files_.end()) {
      r.size = static_cast<std::uint32_t>(t->payload.size);
      worker_->send(r, t->payload.data);
    } else {
      const auto& f = *file->second;
      const worker::file_part part{f.size(), f.offset()};
      r.size = sizeof part;
      r.flags = wire::transferred;
      r.transfer = ++files_given_;
      worker_->send_file(r, &part, f.fd());
      given_.emplace(r.transfer, std::move(file->second));
      files_.erase(file);
    }
    held_.push_back({std::move(t->payload), t->client, t->owner});
    ++services_->held;
  }
  worker_->flush();
  if (!guard_.idle()) enforce();
}

void engine_state::worker_said(const record& r, const char* payload, process::unique_fd file) {
  switch (static_cast<record_kind>(r.kind)) {
  case record_kind::result:
  case record_kind::failure:
  case record_kind::partial:
    return ended(r, payload, std::move(file));
  case record_kind::output:
  case record_kind::published:
  case record_kind::displayed:
    return printed(r, payload);
  default:
    break;
  }
  if (r.kind == static_cast<std::uint16_t>(worker::link_kind::release)) {
    given_.erase(r.id);
    return;
  }
  // Before it is ready no job has run, so that this is really the worker's pipe.
  if (r.kind == static_cast<std::uint16_t>(worker::link_kind::stream) && core_.status() != core::engine_status::idle &&
      core_.status() != core::engine_status::busy)
    return r.id == worker::trace_pipe ? printed_.add_trace(std::move(file)) : printed_.add_pipe(r, std::move(file));
  if (r.kind != static_cast<std::uint16_t>(worker::link_kind::ready)) return;
  core_.worker_ready();
  services_->report(report());
  feed();
}

void engine_state::printed(record r, const char* payload) {
  const auto t = core_.executing();
  if (!t || t->id != r.id) return; // by something that an earlier task left behind
  if (r.kind == static_cast<std::uint16_t>(record_kind::output)) printed_.note(r, {payload, r.size});
  r.engine = number_;
  const bool alone = (t->directed ? services_->direct_ledger : services_->balanced_ledger).muted();
  const bool full = alone && services_->said_alone + r.size > output_gate::most_for_absent;
  if (alone && !full) services_->said_alone += r.size;
  gate_.pass(outbox_for(t->directed), r, payload, full);
  owes_ = true;
}

/// What a worker that is gone had printed belongs to the task that it ran.
void engine_state::take_last_words() {
  const auto t = core_.executing();
  printed_.drain([&](record r, std::string_view text) {
    if (!t || !services_->direct) return;
    r.id = t->id;
    printed(r, text.data());
  });
}

void engine_state::ended(const record& r, const char* payload, process::unique_fd file) {
  const auto t = core_.executing();
  if (!t || t->id != r.id) { // it runs in order: a job has written into our socket
    worker_->kill(SIGKILL);
    return;
  }
  const auto client = held_.front().client;
  const auto whose = held_.front().owner;
  const bool disowned = !disowned_.empty() && disowned_.erase({t->directed, t->id}) > 0;
  const auto wanted_back = wanted_back_.extract({t->directed, t->id});
  core_.finished(*t, disowned ? std::chrono::nanoseconds{-1} : core::run_time(r.started, r.completed));
  held_.pop_front();
  --services_->held;
  printed_.forget();
  if (disowned) {
    if (!guard_.idle()) guard_.forget(*t);
    return;
  }
  if (wanted_back && never_began(r, payload))
    return send_lost(*t, failure_of(ec::engine_lost, taken_back_by(wanted_back.mapped())), false, whose, true);
  auto& out = outbox_for(t->directed);
  gate_.ended(out, r.id, number_);
  auto o = r;
  o.engine = number_;
  o.transfer = 0;
  std::optional<failure> verdict;
  if (!guard_.idle()) {
    verdict = verdict_on(*t, r, payload);
    guard_.forget(*t);
  }
  if (verdict) {
    send_failure(out, o, *verdict, whose);
  } else if ((r.flags & (wire::transferred | wire::shared)) == 0) {
    out.add_outcome(o, payload, whose);
  } else {
    try {
      send_large(o, t->directed, client, whose, part_of(r, payload, std::move(file)));
    } catch (const error& e) {
      failure f;
      f.code = e.code();
      f.engine = number_;
      f.host = services_->host;
      f.what = e.what();
      send_failure(out, o, f, whose);
    }
  }
  owes_ = true;
}

void engine_state::turn_ended() {
  feed();
  if (!std::exchange(owes_, false)) return;
  // A lone outcome leaves at once; while more are to come soon, those of all workers leave together.
  services_->held == 0 ? services_->flush_now() : services_->flush_later();
}

std::shared_ptr<const void> engine_state::recycled_when_read(process::unique_fd file, std::uint64_t number) const {
  auto own = std::make_shared<process::unique_fd>(std::move(file));
  return {nullptr, [own, number, to = std::weak_ptr<worker_link*>{current_}](const void*) {
            const auto link = to.lock();
            if (!link || number == 0) return;
            record r;
            r.id = number;
            r.kind = static_cast<std::uint16_t>(worker::link_kind::recycle);
            (*link)->send(r, nullptr);
            (*link)->flush();
          }};
}

engine_state::file_part engine_state::part_of(const record& r, const char* payload, process::unique_fd file) const {
  worker::file_part part;
  if (r.size == sizeof part) std::memcpy(&part, payload, sizeof part);
  if ((r.flags & wire::transferred) != 0) {
    const int fd = file.get();
    return {fd, part.offset, part.size, recycled_when_read(std::move(file), r.transfer)};
  }
  const auto given = given_.find(r.transfer);
  if (given == given_.end()) throw error{ec::bad_payload, "the worker named a file that it does not have"};
  return {given->second->fd(), part.offset, part.size, given->second};
}

void engine_state::send_large(record o, bool directed, std::uint32_t client, const core::owner& whose,
                              const file_part& part) {
  auto& out = outbox_for(directed);
  o.size = sizeof part.size;
  if (services_->lanes && services_->lanes->reaches(client)) {
    require_part(part.fd, part.offset, part.size);
    o.flags = wire::shared;
    o.transfer = services_->lanes->send(client, part.fd, part.offset, part.size, part.keep);
    out.add_outcome(o, &part.size, whose);
    return;
  }
  auto mapped = map_memory_file(part.fd, part.offset, part.size, part.keep);
  if (part.size <= worker::inline_limit) {
    o.flags = 0;
    o.transfer = 0;
    o.size = static_cast<std::uint32_t>(part.size);
    out.add_outcome(o, mapped.data(), whose);
    return;
  }
  o.flags = wire::transferred;
  o.transfer = ++services_->transfers;
  services_->large[o.transfer] = {o, whose, directed, detail::slice{mapped}};
  if ((directed ? services_->direct_ledger : services_->balanced_ledger).muted()) return;
  out.add(o, &part.size);
  out.send(); // before its pieces
  const auto flags = transport::upward | (directed ? 0 : transport::balanced);
  services_->senders.start(out.link(), o.transfer, static_cast<std::uint16_t>(flags), detail::slice{mapped});
}

void engine_state::send_failure(outbox& out, record r, const failure& f, const core::owner& whose) {
  const auto body = detail::encode_failure(f);
  r.kind = static_cast<std::uint16_t>(record_kind::failure);
  r.flags = 0;
  r.size = static_cast<std::uint32_t>(body.size());
  out.add_outcome(r, body.data(), whose);
  services_->flush_later();
}

failure engine_state::failure_of(ec code, std::string what) const {
  failure f;
  f.code = code;
  f.engine = number_;
  f.host = services_->host;
  f.what = std::move(what);
  return f;
}

failure engine_state::describe(const process::exit_state& how) {
  auto f =
      failure_of(ec::engine_lost, "the worker of engine " + std::to_string(number_) + " (pid " + std::to_string(pid_) +
                                      (how.signal != 0 ? ") was ended by " : ") ended with ") + how.words());
  f.pid = pid_;
  f.signal = how.signal;
  f.exit_code = how.code;
  if (!replaced_for_.empty()) {
    f.what += ": " + replaced_for_;
    return f;
  }
  const auto crash = jobs::read_crash(printed_.take_trace());
  if (how.signal != 0 && !crash.function.empty()) f.what += " in " + crash.function;
  f.backtrace = crash.backtrace;
  // A kill without a sender is the kernel's if it says so; each of its kills explains one death.
  auto& explained = services_->oom_kills;
  if (how.signal == SIGKILL && !killed_ && explained && services_->count_oom_kills().value_or(0) > *explained) {
    ++*explained;
    f.what += ": killed, probably by the kernel for want of memory";
  }
  return f;
}

void engine_state::worker_ended(const process::exit_state& how) {
  take_last_words();
  auto f = describe(how);
  const bool ends_rank = services_->rank_lost && worker_->control().page().calls_mpi.load() != 0;
  if (ends_rank) f.what += "; MPI does not go on without it, and all engines of its set start again";
  last_loss_ = f.what;
  current_.reset();
  note_begun();
  worker_.reset();
  auto whose = owners_now();
  lose(core_.worker_lost(), f, true, std::move(whose));
  forget_worker();
  killed_.reset();
  if (stopping_ || core_.status() == core::engine_status::shut_down) return;
  if (ends_rank) return services_->rank_lost(f.what);
  if (std::exchange(replaced_for_, {}).empty()) return after_loss();
  start(); // on purpose: not a death that counts
  services_->report(report());
}

void engine_state::after_loss() {
  const auto decision = policy_.died(services_->now(), chance_);
  if (std::holds_alternative<core::give_up>(decision)) {
    auto whose = owners_now();
    lose(core_.give_up(),
         failure_of(ec::engine_lost, "engine " + std::to_string(number_) +
                                         " was given up: its workers died too often; the last: " + last_loss_),
         false, std::move(whose));
  } else if (const auto* w = std::get_if<core::wait>(&decision)) {
    restart_after_(std::chrono::ceil<std::chrono::milliseconds>(w->delay));
  } else {
    start();
  }
  services_->report(report());
}

engine_state::owners engine_state::owners_now() const {
  owners all;
  for (const auto& p : core_.tasks()) all[{p.task.directed, p.task.id}] = p.owner;
  return all;
}

void engine_state::lose(const core::engine_core::loss& loss, const failure& f, bool replaced, owners whose) {
  if (loss.executing) {
    auto blamed = f;
    if (const auto call =
            held_.empty() ? std::nullopt : wire::read_call(held_.front().payload.data, held_.front().payload.size))
      blamed.job = call->job;
    const auto verdict = killed_ == loss.executing ? guard_.verdict_of(*loss.executing) : std::nullopt;
    if (verdict) {
      blamed.code = verdict->code;
      blamed.what = verdict->what;
      record r;
      r.id = loss.executing->id;
      r.engine = number_;
      guard_.forget(*loss.executing);
      gate_.ended(outbox_for(loss.executing->directed), r.id, number_);
      send_failure(outbox_for(loss.executing->directed), r, blamed, whose[{loss.executing->directed, r.id}]);
    } else {
      if (const auto errors = printed_.last_errors(); !errors.empty())
        blamed.what += "; it had written to standard error:\n" + errors;
      send_lost(*loss.executing, blamed, true, whose[{loss.executing->directed, loss.executing->id}]);
    }
  }
  auto unstarted = f;
  unstarted.backtrace.clear();
  if (replaced) unstarted.what += "; this task had not started";
  const auto pass = [&](std::uint64_t id, bool directed) {
    const auto began = begun_.contains({directed, id});
    send_lost({id, directed}, began ? f : unstarted, false, whose[{directed, id}]);
  };
  for (const auto id : loss.unstarted_directed) pass(id, true);
  for (const auto id : loss.unstarted_balanced) pass(id, false);
  begun_.clear();
}

/// Results leave the worker together: when it dies, tasks behind the first may have run too.
void engine_state::note_begun() {
  begun_.clear();
  const auto last = worker_->control().page().begun.load();
  for (const auto& p : core_.tasks())
    if (const auto ordinal = core_.ordinal_of(p.task); ordinal != 0 && ordinal <= last)
      begun_.insert({p.task.directed, p.task.id});
}

void engine_state::send_lost(core::task_ref t, const failure& f, bool started, const core::owner& whose,
                             bool unblamed) {
  files_.erase({t.directed, t.id});
  guard_.forget(t);
  if (!services_->direct || disowned_.contains({t.directed, t.id})) return;
  const auto body = detail::encode_failure(f);
  record r;
  r.id = t.id;
  r.kind = static_cast<std::uint16_t>(record_kind::lost);
  const auto begun = !begun_.empty() && begun_.contains({t.directed, t.id});
  if (started || begun) r.flags = wire::started;
  if (unblamed || (begun && !started) || !replaced_for_.empty()) r.flags |= wire::unblamed;
  r.engine = number_;
  r.size = static_cast<std::uint32_t>(body.size());
  gate_.ended(outbox_for(t.directed), t.id, number_);
  outbox_for(t.directed).add_outcome(r, body.data(), whose);
  services_->flush_later();
}

void engine_state::stop() {
  stopping_ = true;
  current_.reset();
  worker_.reset();
}

void engine_state::report_if_changed() {
  const std::tuple now{core_.queued(), core_.completed(), worker_ && worker_->stopped()};
  if (now != reported_) {
    reported_ = now;
    services_->report(report());
  }
}

engine_report engine_state::report() const {
  engine_report r;
  r.engine = number_;
  r.state = worker_ && worker_->stopped() ? "stopped" : core::to_string(core_.status());
  r.pid = pid_;
  r.restarts = core_.restarts();
  r.queued = core_.queued();
  r.completed = core_.completed();
  r.last_loss = last_loss_;
  return r;
}

} // namespace pactor
