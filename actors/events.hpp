#pragma once
// From the transport to the actors: what happens on connections becomes messages.

#include "actors/protocol.hpp"

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace pactor {

/// Everything goes to one actor: in nodes and clients.
class events_to_one final : public transport::link_events {
public:
  explicit events_to_one(caf::actor to) : to_{std::move(to)} {}
  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    caf::anon_send(to_, frame_in{from, header, std::move(body)});
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    caf::anon_send(to_, link_down{which, reason});
  }

private:
  caf::actor to_;
};

/// In the controller: control goes to the hub, work to its scheduler.
class controller_events final : public transport::link_events {
public:
  controller_events(caf::actor hub, caf::actor direct, caf::actor balanced)
      : hub_{std::move(hub)}, direct_{std::move(direct)}, balanced_{std::move(balanced)} {}

  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    caf::anon_send(receiver(header), frame_in{from, header, std::move(body)});
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    for (const auto& a : {hub_, direct_, balanced_}) caf::anon_send(a, link_down{which, reason});
  }

private:
  [[nodiscard]] const caf::actor& receiver(const transport::frame_header& header) const {
    using transport::frame_kind;
    switch (static_cast<frame_kind>(header.kind)) {
    case frame_kind::direct_tasks: return direct_;
    case frame_kind::balanced_tasks: return balanced_;
    case frame_kind::outcomes:
    case frame_kind::piece:
    case frame_kind::credit:
    case frame_kind::abandon: return (header.flags & transport::balanced) != 0 ? balanced_ : direct_;
    default: return hub_;
    }
  }
  caf::actor hub_, direct_, balanced_;
};

} // namespace pactor
