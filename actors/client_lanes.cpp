#include "actors/client_lanes.hpp"

#include "actors/memory_file.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace pactor {

namespace {

// Those of many small calls would use up the descriptors of the user's process; the rest takes the other way.
constexpr std::size_t most_payloads = 128;

lane_message message(lane_kind kind, std::uint64_t handle) {
  lane_message m;
  m.kind = static_cast<std::uint32_t>(kind);
  m.handle = handle;
  return m;
}

} // namespace

/// The end towards one node. I/O thread only.
struct client_lanes::end final : lane_events {
  struct awaited {
    std::uint64_t size;
    arrived_function arrived;
  };
  explicit end(client_lanes& o) : owner{o} {}
  void lane_said(const lane_message& m, process::unique_fd file) override { owner.said(*this, m, std::move(file)); }
  void lane_closed() override { owner.closed(*this); }

  client_lanes& owner;
  std::unique_ptr<lane> link; // null: closed
  std::uint64_t number = 0;   // of this connection
  bool welcome = false;
  std::vector<int> engines;
  std::map<std::uint64_t, detail::bytes> sent; // the node may still read them
  std::map<std::uint64_t, awaited> wanted;
  std::map<std::uint64_t, detail::bytes> here; // nobody asked yet
};

/// What threads share; outlives the lanes where results do.
struct client_lanes::state {
  struct order { // something to be said by the I/O thread
    std::uint64_t lane;
    lane_message message;
    detail::bytes payload; // kept until it is released
    int fd = -1;           // of its memory
  };
  struct offered {
    std::size_t tasks;
    std::set<std::uint64_t> lanes;
  };

  std::mutex mutex;
  std::function<void()> wake;           // null once the lanes are gone
  std::map<int, std::uint64_t> lane_of; // engine to lane, of those that are welcome
  std::vector<order> orders;
  std::map<std::uint64_t, offered> offers;
  std::uint64_t handles = 0, lanes = 0;
  shared_memory memory{{.in_use = most_payloads}};

  void say(std::uint64_t lane, const lane_message& m) {
    const std::lock_guard held{mutex};
    if (!wake) return;
    orders.push_back({lane, m, {}, -1});
    if (orders.size() == 1) wake();
  }
};

client_lanes::client_lanes(open_function open, std::string nonce, std::function<void()> wake)
    : open_{std::move(open)}, nonce_{std::move(nonce)}, state_{std::make_shared<state>()} {
  state_->wake = std::move(wake);
}

client_lanes::~client_lanes() {
  const std::lock_guard held{state_->mutex};
  state_->wake = nullptr;
  state_->orders.clear();
}

detail::bytes client_lanes::allocate(std::size_t size) {
  {
    const std::lock_guard held{state_->mutex};
    if (state_->lane_of.empty()) return {};
  }
  return state_->memory.allocate(size);
}

std::optional<std::uint64_t> client_lanes::offer(const detail::slice& payload, std::span<const int> engines) {
  const auto place = state_->memory.find(payload.data);
  if (!place) return std::nullopt;
  const std::lock_guard held{state_->mutex};
  std::set<std::uint64_t> lanes;
  for (const auto e : engines) {
    const auto l = state_->lane_of.find(e);
    if (l == state_->lane_of.end()) return std::nullopt;
    lanes.insert(l->second);
  }
  auto m = message(lane_kind::payload, ++state_->handles);
  m.offset = place->offset;
  m.size = payload.size;
  for (const auto l : lanes) state_->orders.push_back({l, m, payload.own, place->fd});
  state_->offers.emplace(m.handle, state::offered{engines.size(), std::move(lanes)});
  return m.handle; // whoever sends the tasks wakes the I/O thread
}

void client_lanes::task_ended(std::uint64_t handle) {
  std::set<std::uint64_t> lanes;
  {
    const std::lock_guard held{state_->mutex};
    const auto o = state_->offers.find(handle);
    if (o == state_->offers.end() || --o->second.tasks > 0) return;
    lanes = std::move(o->second.lanes);
    state_->offers.erase(o);
  }
  for (const auto l : lanes) state_->say(l, message(lane_kind::drop, handle));
}

void client_lanes::set_places(std::uint32_t client, const std::vector<node_place>& places) {
  for (const auto& p : places) {
    if (p.lane.empty() || !open_) continue;
    auto& e = ends_[p.lane];
    if (!e) e = std::make_unique<end>(*this);
    e->engines = p.engines;
    if (e->link) continue;
    e->link = open_(p.lane, *e);
    if (!e->link) continue;
    e->number = ++state_->lanes;
    auto hello = message(lane_kind::hello, 0);
    hello.client = client;
    std::memcpy(hello.nonce.data(), nonce_.data(), std::min(nonce_.size(), hello.nonce.size()));
    e->link->send(hello);
  }
  std::erase_if(ends_, [](const auto& entry) { return !entry.second->link; });
  publish();
}

/// Tells the users' threads what can be reached.
void client_lanes::publish() {
  const std::lock_guard held{state_->mutex};
  state_->lane_of.clear();
  for (const auto& [path, e] : ends_) {
    if (!e->welcome) continue;
    for (const auto engine : e->engines) state_->lane_of[engine] = e->number;
  }
}

void client_lanes::said(end& e, const lane_message& m, process::unique_fd file) {
  switch (static_cast<lane_kind>(m.kind)) {
  case lane_kind::welcome:
    e.welcome = true;
    return publish();
  case lane_kind::payload:
    return payload(e, m, std::move(file));
  case lane_kind::release:
    e.sent.erase(m.handle);
    return;
  case lane_kind::drop:
    e.here.erase(m.handle);
    return;
  default:
    return closed(e);
  }
}

void client_lanes::payload(end& e, const lane_message& m, process::unique_fd file) {
  detail::bytes result;
  try {
    // Told to the node once nobody here reads it any more.
    auto release = std::shared_ptr<const void>(
        nullptr, [all = std::weak_ptr<state>{state_}, lane = e.number, handle = m.handle](const void*) {
          if (const auto s = all.lock()) s->say(lane, message(lane_kind::release, handle));
        });
    result = map_memory_file(file.get(), m.offset, m.size, std::move(release));
  } catch (const error&) {
    return closed(e); // a node that sends what it did not announce
  }
  auto w = e.wanted.extract(m.handle);
  if (!w) {
    e.here.emplace(m.handle, std::move(result));
    return;
  }
  if (w.mapped().size != result.size()) return w.mapped().arrived(std::nullopt);
  w.mapped().arrived(std::move(result));
}

void client_lanes::await(int engine, std::uint64_t handle, std::uint64_t size, arrived_function arrived) {
  const auto on_this = [engine](const auto& entry) {
    const auto& engines = entry.second->engines;
    return entry.second->link && std::find(engines.begin(), engines.end(), engine) != engines.end();
  };
  const auto e = std::find_if(ends_.begin(), ends_.end(), on_this);
  if (e == ends_.end()) return arrived(std::nullopt);
  auto h = e->second->here.extract(handle);
  if (!h) {
    e->second->wanted.try_emplace(handle, end::awaited{size, std::move(arrived)}); // who came first
  } else if (h.mapped().size() != size) {
    arrived(std::nullopt);
  } else {
    arrived(std::move(h.mapped()));
  }
}

void client_lanes::flush() {
  std::vector<state::order> orders;
  {
    const std::lock_guard held{state_->mutex};
    orders.swap(state_->orders);
  }
  for (auto& o : orders) {
    const auto e = std::find_if(ends_.begin(), ends_.end(), [&o](const auto& entry) {
      return entry.second->link && entry.second->number == o.lane;
    });
    if (e == ends_.end()) continue;
    if (o.payload) e->second->sent.emplace(o.message.handle, std::move(o.payload));
    e->second->link->send(o.message, o.fd);
  }
}

void client_lanes::closed(end& e) {
  const auto link = std::move(e.link);
  if (!link) return;
  e.welcome = false;
  publish();
  e.sent.clear();
  e.here.clear();
  for (auto& [handle, w] : std::exchange(e.wanted, {})) w.arrived(std::nullopt);
}

void client_lanes::close() {
  for (auto& [path, e] : ends_) closed(*e);
}

} // namespace pactor
