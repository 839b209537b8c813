#pragma once
// From the transport to the actors.

#include "actors/protocol.hpp"
#include "actors/scheduler_actors.hpp"

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace pactor {

/// In nodes and clients: every frame goes to the actor's state, in place; the end of the connection to its actor.
class events_to_one final : public transport::link_events {
public:
  events_to_one(caf::actor to, std::function<void(const frame_in&)> in_place)
      : to_{std::move(to)}, in_place_{std::move(in_place)} {}
  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    in_place_(frame_in{from, header, std::move(body)});
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    caf::anon_send(to_, link_down{which, reason});
  }

private:
  caf::actor to_;
  std::function<void(const frame_in&)> in_place_;
};

/// In the controller: work goes to its scheduler, in place; everything else to the hub, as messages.
class controller_events final : public transport::link_events {
public:
  using direct_ptr = std::shared_ptr<driven<direct_scheduler_state>>;
  using balanced_ptr = std::shared_ptr<driven<task_scheduler_state>>;

  /// @param all actors that hear of the end of a connection
  controller_events(caf::actor hub, direct_ptr direct, balanced_ptr balanced, std::vector<caf::actor> all)
      : hub_{std::move(hub)}, direct_{std::move(direct)}, balanced_{std::move(balanced)}, all_{std::move(all)} {}

  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    using transport::frame_kind;
    const frame_in f{from, header, std::move(body)};
    switch (static_cast<frame_kind>(header.kind)) {
    case frame_kind::direct_tasks:
      return direct_->state.frame_in_turn(f);
    case frame_kind::balanced_tasks:
      return balanced_->state.frame_in_turn(f);
    case frame_kind::outcomes:
    case frame_kind::piece:
    case frame_kind::credit:
    case frame_kind::abandon:
      if ((header.flags & transport::balanced) != 0) return balanced_->state.frame_in_turn(f);
      return direct_->state.frame_in_turn(f);
    default:
      caf::anon_send(hub_, f);
    }
  }
  void turn_ended() override {
    direct_->state.end_turn();
    balanced_->state.end_turn();
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    for (const auto& a : all_) caf::anon_send(a, link_down{which, reason});
  }

private:
  caf::actor hub_;
  direct_ptr direct_;
  balanced_ptr balanced_;
  std::vector<caf::actor> all_;
};

} // namespace pactor
