#include "actors/library_depot.hpp"

#include "actors/library_names.hpp"
#include "pactor/codec.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace pactor {

using core::library_rollout;
using transport::frame_kind;
using transport::link_ptr;

namespace {

constexpr std::size_t longest_origin = 200;
/// A library that a client has begun to send, and others have too: no more at a time.
constexpr std::size_t most_uploads = 16;

/// Links live in the I/O thread, the hub does not.
template <class T>
void send(const link_ptr& to, frame_kind kind, const T& what, std::uint64_t tag = 0) {
  to->in_loop([kind, body = encode(what), tag](transport::link& l) { l.send(kind, detail::slice{body}, tag); });
}

library_reply refusal_of(ec code, std::string why) {
  library_reply r;
  r.code = static_cast<std::uint8_t>(code);
  r.why.push_back(std::move(why));
  return r;
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

library_depot::library_depot(depot_setup setup, const log& journal, const std::vector<core::shipped_library>& before,
                             std::function<void()> changed, std::function<void()> tick_later)
    : setup_{std::move(setup)}, journal_{journal}, changed_{std::move(changed)},
      tick_later_{std::move(tick_later)}, store_{setup_.directory, setup_.limit} {
  std::vector<core::shipped_library> there;
  for (const auto& l : setup_.enabled ? before : std::vector<core::shipped_library>{}) {
    const auto name = name_of(l);
    if (auto kept = store_.find(name)) {
      kept_.insert_or_assign(l.hash, std::pair{name, std::move(*kept)});
      there.push_back(l);
    } else {
      journal_.warning("the job library " + short_name(name) + " is gone from " + setup_.directory.string());
    }
  }
  rollout_ = library_rollout{std::move(there)};
}

void library_depot::from_client(const frame_in& f) {
  const auto q = decode<library_query>(f.body);
  try {
    switch (static_cast<library_ask>(q.what)) {
    case library_ask::offer:
      return send(f.from, frame_kind::answer, offer(f.from, q), f.header.tag);
    case library_ask::commit:
      return commit(f, q);
    case library_ask::remove:
      return send(f.from, frame_kind::answer, remove(q.library.file), f.header.tag);
    case library_ask::list:
      return send(f.from, frame_kind::answer, list(), f.header.tag);
    }
  } catch (const error& e) {
    return send(f.from, frame_kind::answer, refusal_of(e.code(), e.what()), f.header.tag);
  }
  throw error{ec::bad_payload, "a malformed library_query"};
}

library_reply library_depot::offer(const link_ptr& from, const library_query& q) {
  const auto l = name_of(q.library);
  if (!setup_.enabled)
    return refusal_of(ec::refused, "this cluster takes no job libraries from clients: \"shipping.enabled\" is false in "
                                   "its configuration. Who runs it can put the library into a directory of \"jobs\"");
  if (const auto fault = jobs::fault_of(l)) return refusal_of(ec::bad_library, *fault);
  if (const auto full = rollout_.full({l.file, l.hash, l.size, {}, 0, {}}, setup_.limit); !full.empty())
    return refusal_of(ec::too_large, full);
  uploads_.erase(from.get());
  auto& by = senders_[from.get()];
  by = q.by.substr(0, longest_origin);
  library_reply r;
  // Perhaps under another name. Looked at again, since its file may be gone or damaged: to send it again mends that.
  if (const auto known = kept_.find(l.hash); known != kept_.end() && store_.find(known->second.first)) return r;
  if (auto there = store_.find(l)) { // of another cluster, or of an earlier time
    kept_.insert_or_assign(l.hash, std::pair{l, std::move(*there)});
    return r;
  }
  std::uint64_t coming = l.size; // each is within the limit
  for (const auto& [from_whom, each] : uploads_) coming += each.size;
  if (uploads_.size() >= most_uploads || coming > setup_.limit)
    return refusal_of(ec::would_block, "too many clients send libraries; try again in a moment");
  uploads_.emplace(from.get(), upload{by, l.size, store_.receive(l)});
  r.wanted = true;
  return r;
}

void library_depot::part(const frame_in& f) {
  const auto u = uploads_.find(f.from.get());
  library_reply r;
  if (u == uploads_.end()) {
    r = refusal_of(ec::bad_library, "a part of a library that was not offered");
  } else {
    try {
      u->second.draft.add(f.header.aux, f.body.data(), f.body.size());
    } catch (const error& e) {
      uploads_.erase(u);
      r = refusal_of(e.code(), e.what());
    }
  }
  send(f.from, frame_kind::answer, r, f.header.tag);
}

void library_depot::commit(const frame_in& f, const library_query& q) {
  if (auto u = uploads_.extract(f.from.get())) {
    const auto name = u.mapped().draft.name();
    kept_.insert_or_assign(name.hash, std::pair{name, store_.finish(std::move(u.mapped().draft))});
  }
  auto kept = kept_.find(q.library.hash);
  if (auto there = kept == kept_.end() ? store_.find(name_of(q.library)) : std::nullopt)
    kept = kept_.emplace(q.library.hash, std::pair{name_of(q.library), std::move(*there)}).first;
  const auto by = senders_.find(f.from.get());
  if (kept == kept_.end() || by == senders_.end())
    throw error{ec::bad_library, q.library.file + " is to be used, and was not sent"};
  // Its content may have come under another name.
  const jobs::library_name name{q.library.file, q.library.hash, kept->second.first.size};
  if (const auto fault = jobs::fault_of(name)) throw error{ec::bad_library, *fault};
  core::shipped_library l{name.file, name.hash, name.size, by->second, seconds_now(), {}};
  if (const auto full = rollout_.full(l, setup_.limit); !full.empty()) throw error{ec::too_large, full};
  askers_[++last_request_] = {f.from, f.header.tag};
  carry_out(rollout_.push(last_request_, std::move(l)));
}

library_reply library_depot::remove(const std::string& file) {
  const auto all = rollout_.remove(file);
  if (all.empty()) return refusal_of(ec::bad_library, "no client has sent a library " + file);
  carry_out(all);
  return {};
}

std::vector<library_entry> library_depot::list() const {
  std::vector<library_entry> all;
  for (const auto& l : rollout_.current()) all.push_back({wire_of(l), l.origin, l.since, l.unfit});
  return all;
}

void library_depot::from_node(node_key key, const frame_in& f) {
  const auto r = decode<library_report>(f.body);
  const auto n = nodes_.find(key);
  if (n == nodes_.end()) return;
  rollout_.heard_from(key);
  switch (static_cast<library_word>(r.word)) {
  case library_word::want:
    return send_part(f.from, f.header.tag, r);
  case library_word::verdict:
    if (r.why.empty())
      n->second.jobs[r.library.hash] = r.jobs;
    else
      journal_.warning("host " + n->second.host + " can't use a job library: " + r.why);
    return carry_out(rollout_.verdict(key, r.library.hash, r.why.empty(), r.why));
  case library_word::in_use:
    return carry_out(rollout_.in_use(key, r.library.hash));
  }
  throw error{ec::bad_payload, "a malformed library_report"};
}

void library_depot::send_part(const link_ptr& to, std::uint64_t tag, const library_report& r) {
  const auto refuse = [&](const std::string& why) {
    send(to, frame_kind::library, library_order{static_cast<std::uint8_t>(library_step::unavailable), r.library, why},
         tag);
  };
  const auto kept = kept_.find(r.library.hash);
  if (kept == kept_.end()) return refuse("the controller does not have " + r.library.file + " any more");
  const auto& [name, file] = kept->second;
  if (r.offset >= name.size) return refuse("there is no such part of " + r.library.file);
  auto part = detail::bytes::allocate(std::min<std::uint64_t>(transport::piece_size, name.size - r.offset));
  const process::unique_fd fd{::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  std::size_t have = 0;
  while (fd && have < part.size()) {
    const auto n = ::pread(fd.get(), part.data() + have, part.size() - have, static_cast<off_t>(r.offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  if (have < part.size()) return refuse("the controller can't read " + r.library.file);
  to->in_loop([part = std::move(part), tag, at = r.offset](transport::link& l) {
    l.send(frame_kind::library_part, detail::slice{part}, tag, 0, at);
  });
}

void library_depot::carry_out(const library_rollout::actions& all) {
  using step = library_rollout::step;
  const auto order = [this](const library_rollout::action& a, library_step what) {
    if (const auto n = nodes_.find(a.node); n != nodes_.end())
      send(n->second.link, frame_kind::library, library_order{static_cast<std::uint8_t>(what), wire_of(a.library), {}});
  };
  bool changed = false;
  for (const auto& a : all) {
    library_reply reply;
    switch (a.what) {
    case step::stage:
      order(a, library_step::stage);
      continue;
    case step::use:
      order(a, library_step::use);
      changed = true;
      continue;
    case step::drop:
      order(a, library_step::drop);
      continue;
    case step::unusable:
      reply.code = static_cast<std::uint8_t>(ec::bad_library);
      reply.why = a.why;
      break;
    case step::done:
      for (const auto& why : a.why) journal_.warning(short_name(name_of(a.library)) + ": " + why);
      reply.code = static_cast<std::uint8_t>(ec::timeout); // if some host is slow
      reply.why = a.why;
      journal_.info("the cluster has " + std::string{rollout_.wanted(a.library.hash) ? "" : "no more "} +
                    short_name(name_of(a.library)) + (a.who == 0 ? "" : ", sent by " + a.library.origin));
      changed = true;
      break;
    case step::unchanged:
      break;
    }
    for (const auto& [key, n] : nodes_)
      if (const auto jobs = n.jobs.find(a.library.hash); jobs != n.jobs.end()) reply.jobs = jobs->second;
    if (auto who = askers_.extract(a.who)) send(who.mapped().link, frame_kind::answer, reply, who.mapped().tag);
  }
  release_unwanted();
  if (changed) changed_();
  if (rollout_.waiting() && !std::exchange(ticking_, true)) tick_later_();
}

void library_depot::tick() {
  ticking_ = false;
  carry_out(rollout_.tick());
}

/// What no node can ask for any more may go from the disk.
void library_depot::release_unwanted() {
  std::erase_if(kept_, [this](const auto& entry) { return !rollout_.wanted(entry.first); });
  for (auto& [key, n] : nodes_)
    std::erase_if(n.jobs, [this](const auto& entry) { return !rollout_.wanted(entry.first); });
}

std::vector<wire_library> library_depot::node_joins() const {
  std::vector<wire_library> all;
  for (const auto& l : rollout_.current()) all.push_back(wire_of(l));
  return all;
}

void library_depot::node_joined(node_key key, const std::string& host, const link_ptr& link) {
  nodes_[key] = {host, link, {}};
  carry_out(rollout_.node_joined(key, host));
}

void library_depot::node_gone(node_key key) {
  if (nodes_.erase(key) > 0) carry_out(rollout_.node_gone(key));
}

void library_depot::link_down(const link_ptr& which) {
  uploads_.erase(which.get());
  senders_.erase(which.get());
  std::erase_if(askers_, [&](const auto& a) { return a.second.link == which; });
}

jobs_answer library_depot::jobs_of(node_key key) const {
  jobs_answer all;
  const auto n = nodes_.find(key);
  if (n == nodes_.end()) return all;
  for (const auto& l : rollout_.current())
    if (const auto jobs = n->second.jobs.find(l.hash); jobs != n->second.jobs.end())
      all.insert(all.end(), jobs->second.begin(), jobs->second.end());
  return all;
}

bool library_depot::replaces(const std::string& file) const {
  return std::ranges::any_of(rollout_.current(), [&](const auto& l) { return l.file == file; });
}

} // namespace pactor
