#include "actors/node_lanes.hpp"

#include "pactor/error.hpp"

#include <openssl/crypto.h>

namespace pactor {

namespace {
// Of one user's own processes; far more than a host has.
constexpr std::size_t most_lanes = 1'024;
// Each is an open descriptor of this process.
constexpr std::size_t most_payloads = 10'000;
} // namespace

/// One client's end.
struct node_lanes::end final : lane_events {
  explicit end(node_lanes& o) : owner{o} {}
  void lane_said(const lane_message& m, process::unique_fd file) override { owner.said(*this, m, std::move(file)); }
  void lane_closed() override { owner.closed(*this); }

  struct arrival {
    file_ptr file;
    bool here = false;
  };
  node_lanes& owner;
  std::unique_ptr<lane> link;
  std::uint32_t client = 0; // 0: it has not said hello
  std::map<std::uint64_t, arrival> arrivals;
  std::map<std::uint64_t, std::shared_ptr<const void>> sent; // results that the client may still read
};

void node_lanes::admit(const std::function<std::unique_ptr<lane>(lane_events&)>& make) {
  if (ends_.size() >= most_lanes) return;
  auto e = std::make_shared<end>(*this);
  e->link = make(*e);
  const auto* key = e.get();
  ends_.emplace(key, std::move(e));
}

void node_lanes::said(end& e, const lane_message& m, process::unique_fd file) {
  const auto kind = static_cast<lane_kind>(m.kind);
  if (e.client == 0) return kind == lane_kind::hello ? hello(e, m) : closed(e);
  switch (kind) {
  case lane_kind::payload:
    return payload(e, m, std::move(file));
  case lane_kind::release:
    e.sent.erase(m.handle);
    return;
  case lane_kind::drop: {
    const auto a = e.arrivals.extract(m.handle);
    if (a && !a.mapped().here) settled_(e.client, m.handle, "its client gave it up");
    return;
  }
  default:
    return closed(e);
  }
}

void node_lanes::hello(end& e, const lane_message& m) {
  const bool right =
      nonce_.size() == m.nonce.size() && CRYPTO_memcmp(nonce_.data(), m.nonce.data(), m.nonce.size()) == 0;
  if (!right || m.client == 0 || !clients_.emplace(m.client, &e).second) return closed(e);
  e.client = m.client;
  lane_message answer;
  answer.kind = static_cast<std::uint32_t>(lane_kind::welcome);
  e.link->send(answer);
}

void node_lanes::payload(end& e, const lane_message& m, process::unique_fd file) {
  if (e.arrivals.size() >= most_payloads) return closed(e);
  auto& a = e.arrivals[m.handle];
  const auto first = !a.file;
  if (first) a.file = std::make_shared<memory_file>(memory_file::announced{}, m.size);
  std::string trouble;
  try {
    if (a.here || a.file->size() != m.size) throw error{ec::bad_payload, "a payload that is not the one announced"};
    // The lane may be gone before the last reader is.
    const std::shared_ptr<end> self = ends_.at(&e);
    auto release = [lane = std::weak_ptr<end>{self}, handle = m.handle] {
      const auto to = lane.lock();
      if (!to || !to->link) return;
      lane_message r;
      r.kind = static_cast<std::uint32_t>(lane_kind::release);
      r.handle = handle;
      to->link->send(r);
    };
    a.file->adopt(std::move(file), m.offset, std::move(release));
    a.here = true;
  } catch (const error& problem) {
    trouble = problem.what();
    if (first || !a.here) e.arrivals.erase(m.handle);
  }
  if (!first) settled_(e.client, m.handle, trouble);
}

node_lanes::file_ptr node_lanes::claim(std::uint32_t client, std::uint64_t handle, std::uint64_t size) {
  const auto c = clients_.find(client);
  if (c == clients_.end()) throw error{ec::bad_payload, "a payload was said to come by a lane that is not there"};
  auto& a = c->second->arrivals[handle];
  if (!a.file) a.file = std::make_shared<memory_file>(memory_file::announced{}, size);
  if (a.file->size() != size) throw error{ec::bad_payload, "a payload that is not the one announced"};
  return a.file;
}

std::uint64_t node_lanes::send(std::uint32_t client, int fd, std::uint64_t offset, std::uint64_t size,
                               std::shared_ptr<const void> keep) {
  auto& e = *clients_.at(client);
  lane_message m;
  m.kind = static_cast<std::uint32_t>(lane_kind::payload);
  m.handle = ++handles_;
  m.offset = offset;
  m.size = size;
  e.sent.emplace(m.handle, std::move(keep));
  e.link->send(m, fd);
  return m.handle;
}

void node_lanes::forget(std::uint32_t client, std::uint64_t handle) {
  if (const auto c = clients_.find(client); c != clients_.end()) c->second->arrivals.erase(handle);
}

void node_lanes::take_back(std::uint32_t client, std::uint64_t handle) {
  const auto c = clients_.find(client);
  if (c == clients_.end() || c->second->sent.erase(handle) == 0) return;
  lane_message m;
  m.kind = static_cast<std::uint32_t>(lane_kind::drop);
  m.handle = handle;
  c->second->link->send(m);
}

void node_lanes::closed(end& e) {
  const auto i = ends_.find(&e);
  if (i == ends_.end()) return;
  const auto gone = std::move(i->second); // until nobody in here uses it
  ends_.erase(i);
  const auto link = std::move(gone->link);
  if (gone->client == 0) return;
  clients_.erase(gone->client);
  for (const auto& [handle, a] : std::exchange(gone->arrivals, {}))
    if (!a.here) settled_(gone->client, handle, "the client's local connection ended");
  gone->sent.clear();
}

} // namespace pactor
