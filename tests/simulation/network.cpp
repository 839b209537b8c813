#include "tests/simulation/network.hpp"

#include <algorithm>

namespace pactor::test {

void simulated_process::at(nanoseconds when, std::function<void()> what) {
  net.plan(when, [this, what = std::move(what)] {
    if (!alive) return;
    if (still_until > net.now()) return at(still_until, what);
    what();
  });
}

void simulated_process::after(nanoseconds delay, std::function<void()> what) { at(net.now() + delay, std::move(what)); }

void simulated_link::send(transport::frame_header h, detail::slice body) {
  if (!open_) return;
  h.size = static_cast<std::uint32_t>(body.size);
  on_their_way_ += body.size;
  post({h, std::move(body)});
}

void simulated_link::in_loop(std::function<void(link&)> f) {
  owner_.in_loop([keep = shared_from_this(), f = std::move(f)] { f(*keep); });
}

void simulated_link::post(letter l) {
  const auto other = other_.lock();
  if (!other) return;
  auto& net = owner_.net;
  auto when = std::max(last_arrival_, net.now() + net.way(random_));
  for (const auto* p : {&owner_, &other->owner_})
    if (p->cut_until > net.now()) when = std::max(when, p->cut_until + net.way(random_));
  last_arrival_ = when;
  const auto number = ++posted_;
  other->owner_.at(when, [self = shared_from_this(), number, l = std::move(l)] {
    // A cut that came while it was under way holds it up too.
    if (const auto to = self->other_.lock()) self->arrive(number, l, "the peer closed the connection");
  });
}

void simulated_link::arrive(std::uint64_t number, const letter& l, const std::string& why) {
  const auto to = other_.lock();
  auto& net = owner_.net;
  const auto cut = std::max(owner_.alive ? owner_.cut_until : nanoseconds{0}, to->owner_.cut_until);
  if (cut > net.now()) {
    last_arrival_ = std::max(last_arrival_, cut);
    to->owner_.at(cut, [self = shared_from_this(), number, l, why] { self->arrive(number, l, why); });
    return;
  }
  arrived_ = std::max(arrived_, number);
  on_their_way_ -= std::min(on_their_way_, l.body.size);
  if (!to->open_) return;
  if (l.last) return to->end(why);
  if (number >= lost_from_) return;
  auto body = detail::bytes::copy(l.body.data, l.body.size);
  to->owner_.frame({to, l.header, std::move(body)});
}

void simulated_link::end(const std::string& reason, bool silent) {
  if (!open_) return;
  silent_ = silent;
  open_ = false;
  post({{}, {}, true});
  owner_.after(nanoseconds{0}, [self = shared_from_this(), reason] { self->owner_.closed(self, reason); });
}

void simulated_link::die(bool heard) {
  if (!open_) return;
  open_ = false;
  if (random_.one_in(2)) lost_from_ = arrived_ + 1 + random_.below(posted_ - arrived_ + 1);
  if (heard) post({{}, {}, true});
}

void network::say(const std::string& what) { trace_.push_back(std::to_string(now().count() / 1000) + " us: " + what); }

std::string network::trace() const {
  std::string text;
  for (const auto& line : trace_) text += line + "\n";
  return text;
}

std::shared_ptr<simulated_link> network::connect(simulated_process& from, security::role role_of_from,
                                                 simulated_process& to) {
  const auto seed = static_cast<std::uint32_t>(random.below(1'000'000'000));
  auto a = std::make_shared<simulated_link>(from, security::role::controller, seed);
  const auto b = std::make_shared<simulated_link>(to, role_of_from, seed + 1);
  a->other_ = b;
  b->other_ = a;
  from.links.push_back(a);
  to.links.push_back(b);
  kept_.push_back(a);
  kept_.push_back(b);
  return a;
}

nanoseconds network::until_seen() {
  return silence + nanoseconds{random.below(static_cast<std::size_t>(nanoseconds{heartbeat}.count()))};
}

/// Peers notice that they hear nothing; with `both` it notices that of them as well.
void network::watch(simulated_process& p, bool both, bool (*silent)(const simulated_process&, nanoseconds)) {
  for (const auto& weak : p.links) {
    const auto mine = weak.lock();
    if (!mine || !mine->open()) continue;
    const auto theirs = mine->other_.lock();
    for (const auto& end : {theirs, both ? mine : nullptr}) {
      if (!end) continue;
      end->owner().after(until_seen(), [this, end, &p, silent] {
        if (end->open() && silent(p, now())) end->end("nothing heard for 5000 ms", true);
      });
    }
  }
}

void network::hold(simulated_process& p, nanoseconds length) {
  if (!p.alive || p.still_until > now()) return;
  say(p.name + " stands still for " + std::to_string(length.count() / 1'000'000) + " ms");
  p.still_until = now() + length;
  watch(p, false, [](const simulated_process& of, nanoseconds now) { return of.still_until > now; });
}

void network::cut(simulated_process& p, nanoseconds length) {
  if (!p.alive || p.cut_until > now()) return;
  say(p.name + " is cut off for " + std::to_string(length.count() / 1'000'000) + " ms");
  p.cut_until = now() + length;
  watch(p, true, [](const simulated_process& of, nanoseconds now) { return of.cut_until > now; });
}

void network::break_links(simulated_process& p) {
  if (!p.alive) return;
  const bool near = !random.one_in(3), far = !near || random.one_in(2); // who hears of it
  say("the connections of " + p.name + " break" + (near && far ? "" : near ? ", here" : ", there"));
  for (const auto& weak : p.links) {
    const auto mine = weak.lock();
    const auto theirs = mine ? mine->other_.lock() : nullptr;
    for (const auto& end : {mine, theirs}) {
      if (!end || !end->open()) continue;
      if (end == mine ? near : far) {
        end->die(near && far);
        end->owner().after(nanoseconds{0}, [end] { end->owner().closed(end, "the connection broke"); });
      } else {
        end->owner().after(until_seen(), [end] {
          if (end->open()) end->end("nothing heard for 5000 ms", true);
        });
      }
    }
  }
}

void network::kill(simulated_process& p) {
  if (!p.alive) return;
  say(p.name + " is killed");
  p.alive = false;
  for (const auto& weak : p.links)
    if (const auto l = weak.lock()) l->die();
}

} // namespace pactor::test
