// Hosts that come and go while the cluster runs: further engines, and nodes that leave without losing tasks.

#include "actors/hub.hpp"

#include "pactor/codec.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace pactor {

using transport::frame_kind;
using transport::link_ptr;

/// `no node on host B; there are nodes on A, C. ...`
std::string hub_state::no_such_host(const std::string& host) const {
  std::set<std::string> hosts;
  for (const auto& [link, n] : nodes_) hosts.insert(n.host);
  std::string all;
  for (const auto& h : hosts) all += (all.empty() ? "" : ", ") + h;
  return "no node on host " + host + "; " + (all.empty() ? "there are none at all" : "there are nodes on " + all) +
         ". To add one, run there: pactor node --connection FILE";
}

host_answer hub_state::start_engines(const link_ptr& from, const query& q) {
  host_answer a;
  node* chosen = nullptr;
  bool leaving = false;
  for (auto& [link, n] : nodes_) {
    if (n.host != q.host) continue;
    if (draining_.drains(n.key))
      leaving = true;
    else if (!chosen || n.engines.size() < chosen->engines.size())
      chosen = &n;
  }
  if (!chosen) {
    a.why = leaving ? "host " + q.host + " is being drained" : no_such_host(q.host);
    return a;
  }
  if (q.count == 0 || q.count + chosen->engines.size() > most_engines) {
    a.why = "a node has 1 to " + std::to_string(most_engines) + " engines; that of " + q.host + " has " +
            std::to_string(chosen->engines.size());
    return a;
  }
  a.engines = table_.engines_added(chosen->key, q.count);
  chosen->engines.insert(chosen->engines.end(), a.engines.begin(), a.engines.end());
  setup_.journal.info("hub adds " + std::to_string(q.count) + " engines on " + q.host + " for " + name_of(from));
  // The order goes first: what is posted to the I/O thread stays in order, and tasks must not overtake it.
  engine_control order;
  order.kind = q.kind;
  order.engines = a.engines;
  order.keys = keys_of(a.engines);
  for (const auto e : a.engines) claims_.joined(e, true);
  order.by = name_of(from);
  send(chosen->link, frame_kind::engine_control, encode(order));
  out_.node({chosen->host, chosen->link, a.engines});
  note_roster();
  announce_engines();
  return a;
}

host_answer hub_state::drain_host(const link_ptr& from, const query& q) {
  host_answer a;
  const auto now = setup_.now();
  std::optional<core::draining::time_point> until;
  if (q.timeout_ms >= 0) until = now + std::chrono::milliseconds{std::min(q.timeout_ms, std::int64_t{1} << 40)};
  for (auto& [link, n] : nodes_) {
    if (n.host != q.host) continue;
    a.engines.insert(a.engines.end(), n.engines.begin(), n.engines.end());
    if (!draining_.drains(n.key))
      setup_.journal.info("hub drains the node of " + n.host + " (pid " + std::to_string(n.pid) + ") for " +
                          name_of(from));
    drain(n, until);
  }
  // What has not ended there may come back.
  for (auto& [which, c] : cut_off_) {
    if (which.first != q.host || c.how.told || c.forget <= now) continue;
    c.how.until = until;
    if (!until || *until > now) a.engines.insert(a.engines.end(), c.engines.begin(), c.engines.end());
  }
  std::sort(a.engines.begin(), a.engines.end());
  if (!a.engines.empty()) return a;
  a.why = no_such_host(q.host);
  a.later = recovering_; // it may be on its way back
  return a;
}

void hub_state::drain(const node& n, std::optional<core::draining::time_point> until) {
  const auto all = draining_.begin(n.key, until);
  if (all.empty()) return;
  announce_engines(); // clients stop to name these
  carry_out(all);
  if (!std::exchange(ticking_, true)) out_.tick_later();
}

void hub_state::remember_drain(const node& n) {
  const auto now = setup_.now();
  std::erase_if(cut_off_, [now](const auto& each) { return each.second.forget <= now; });
  if (const auto how = draining_.gone(n.key)) cut_off_[{n.host, n.pid}] = {n.engines, *how, now + absence_time};
}

void hub_state::resume_drain(const node& n) {
  const auto at = cut_off_.find({n.host, n.pid});
  if (at == cut_off_.end()) return;
  const auto was = std::move(at->second);
  cut_off_.erase(at);
  if (was.forget <= setup_.now() || was.engines != n.engines) return; // another process with its number
  setup_.journal.info("hub goes on draining the node of " + n.host + " (pid " + std::to_string(n.pid) + ")");
  drain(n, was.how.until);
}

void hub_state::drain_tick() {
  ticking_ = draining_.any();
  if (!ticking_) return;
  carry_out(draining_.tick(setup_.now()));
  out_.tick_later();
}

void hub_state::carry_out(const core::draining::actions& all) {
  using step = core::draining::step;
  for (const auto& a : all) {
    const auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.second.key == a.node; });
    if (at == nodes_.end()) continue;
    const auto& n = at->second;
    switch (a.what) {
    case step::begin:
      out_.drain({n.engines});
      break;
    case step::count:
      out_.count({n.engines}, [this, key = a.node](std::uint64_t tasks) { carry_out(draining_.counted(key, tasks)); });
      break;
    case step::close:
      out_.close({n.engines});
      break;
    case step::leave:
      send(n.link, frame_kind::engine_control, encode(engine_control{leave_node, {}, 0, "drained"}));
      break;
    case step::force:
      setup_.journal.warning("hub ends the node of " + n.host + ": its time to be drained is over");
      send(n.link, frame_kind::stop, {});
      break;
    }
  }
}

} // namespace pactor
