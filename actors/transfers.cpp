#include "actors/transfers.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <cstring>

namespace pactor {

using transport::frame_header;
using transport::frame_kind;
using transport::link_ptr;

void piece_senders::start(const link_ptr& to, std::uint64_t tag, std::uint16_t flags, detail::slice payload) {
  auto& s = senders_[{to.get(), tag}];
  s = sender{to, flags, std::move(payload)};
  pump(s, tag);
}

void piece_senders::pump(sender& s, std::uint64_t tag) {
  while (s.offset < s.payload.size && s.unacknowledged < transport::piece_window) {
    const auto size = std::min(transport::piece_size, s.payload.size - s.offset);
    s.to->send(frame_kind::piece, s.payload.sub(s.offset, size), tag, s.flags, s.offset);
    s.offset += size;
    ++s.unacknowledged;
  }
}

bool piece_senders::credit(const link_ptr& from, const frame_header& header) {
  const auto i = senders_.find({from.get(), header.tag});
  if (i == senders_.end()) return false;
  auto& s = i->second;
  s.unacknowledged -= std::min(s.unacknowledged, header.aux);
  pump(s, header.tag);
  if (s.offset < s.payload.size || s.unacknowledged > 0) return false;
  senders_.erase(i);
  return true;
}

void piece_senders::link_down(const link_ptr& which) {
  std::erase_if(senders_, [&](const auto& entry) { return entry.first.first == which.get(); });
}

void piece_assemblies::expect(const link_ptr& from, std::uint64_t tag, std::uint64_t size) {
  assemblies_[{from.get(), tag}] = assembly{memory_.allocate(size)};
}

detail::bytes piece_assemblies::place(const transport::link& from, const frame_header& header) const {
  const auto i = assemblies_.find({&from, header.tag});
  if (i == assemblies_.end()) return {};
  const auto& a = i->second;
  if (header.aux != a.received || header.size > a.payload.size() - a.received) return {};
  return detail::bytes::part(a.payload, a.received, header.size);
}

std::optional<detail::bytes> piece_assemblies::piece(const link_ptr& from, const frame_header& header,
                                                     const detail::bytes& body) {
  const auto i = assemblies_.find({from.get(), header.tag});
  from->send(frame_kind::credit, {}, header.tag, header.flags, 1);
  if (i == assemblies_.end()) return std::nullopt;
  auto& a = i->second;
  if (header.aux != a.received || body.size() > a.payload.size() - a.received)
    throw error{ec::bad_payload, "a piece that does not follow the one before it"};
  if (auto* const to = a.payload.data() + a.received; to != body.data()) std::memcpy(to, body.data(), body.size());
  a.received += body.size();
  if (a.received < a.payload.size()) return std::nullopt;
  auto result = std::move(a.payload);
  assemblies_.erase(i);
  return result;
}

void piece_assemblies::drop(const link_ptr& from, std::uint64_t tag) { assemblies_.erase({from.get(), tag}); }

std::vector<std::uint64_t> piece_assemblies::link_down(const link_ptr& which) {
  std::vector<std::uint64_t> lost;
  std::erase_if(assemblies_, [&](const auto& entry) {
    if (entry.first.first != which.get()) return false;
    lost.push_back(entry.first.second);
    return true;
  });
  return lost;
}

void piece_relay::open(const end& source, std::vector<end> destinations, std::uint16_t flags, std::uint64_t size,
                       cargo tasks) {
  auto r = std::make_shared<route>();
  r->tasks = std::move(tasks);
  r->source = source;
  r->flags = flags;
  r->size = size;
  for (auto& d : destinations) {
    by_destination_[{d.link.get(), d.tag}] = r;
    r->destinations.push_back({std::move(d)});
  }
  by_source_[{source.link.get(), source.tag}] = std::move(r);
}

bool piece_relay::piece(const link_ptr& from, const frame_header& header, const detail::bytes& body) {
  const auto i = by_source_.find({from.get(), header.tag});
  if (i == by_source_.end()) return false;
  auto& r = *i->second;
  ++r.pieces;
  r.bytes += body.size();
  for (auto& d : r.destinations) d.to.link->send(frame_kind::piece, detail::slice{body}, d.to.tag, r.flags, header.aux);
  if (r.destinations.empty()) grant(r);
  return true;
}

bool piece_relay::credit(const link_ptr& from, const frame_header& header) {
  const auto i = by_destination_.find({from.get(), header.tag});
  if (i == by_destination_.end()) return false;
  const auto r = i->second;
  for (auto& d : r->destinations)
    if (d.to.link == from && d.to.tag == header.tag) d.credits += header.aux;
  grant(*r);
  return true;
}

void piece_relay::grant(route& r) {
  auto taken = r.pieces;
  for (const auto& d : r.destinations) taken = std::min(taken, d.credits);
  if (taken > r.granted) {
    r.source.link->send(frame_kind::credit, {}, r.source.tag, r.flags, taken - r.granted);
    r.granted = taken;
  }
  if (r.bytes >= r.size && r.granted == r.pieces) forget(r);
}

void piece_relay::forget(const route& r) {
  for (const auto& d : r.destinations) by_destination_.erase({d.to.link.get(), d.to.tag});
  by_source_.erase({r.source.link.get(), r.source.tag}); // may destroy r
}

void piece_relay::abandon(route& r) {
  for (const auto& d : r.destinations) d.to.link->send(frame_kind::abandon, {}, d.to.tag, r.flags);
  forget(r);
}

void piece_relay::abandoned(const link_ptr& from, const frame_header& header) {
  const auto i = by_source_.find({from.get(), header.tag});
  if (i == by_source_.end()) return;
  const auto r = i->second;
  abandon(*r);
}

piece_relay::loss piece_relay::link_down(const link_ptr& which) {
  loss result;
  std::vector<std::shared_ptr<route>> sources, destinations;
  for (const auto& [k, r] : by_source_)
    if (k.first == which.get()) sources.push_back(r);
  for (const auto& [k, r] : by_destination_)
    if (k.first == which.get()) destinations.push_back(r);
  for (const auto& r : sources) {
    if (r->bytes >= r->size) continue; // all of it went on; remembered until it arrived, since that may fail yet
    result.tasks.insert(result.tasks.end(), r->tasks.begin(), r->tasks.end());
    abandon(*r);
  }
  result.results = !destinations.empty();
  for (const auto& r : destinations) {
    std::erase_if(r->destinations, [&](const destination& d) {
      if (d.to.link != which) return false;
      by_destination_.erase({which.get(), d.to.tag});
      return true;
    });
    grant(*r);
  }
  return result;
}

} // namespace pactor
