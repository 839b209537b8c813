#pragma once
// From the transport to the actors.

#include "actors/client_core.hpp"
#include "actors/messages.hpp"
#include "actors/node.hpp"
#include "actors/scheduler_actors.hpp"

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace pactor {

/// In nodes: every frame goes to the node's state, in place, but for those about libraries, which are for an actor that
/// may wait for the disk; the end of the connection goes to both actors. Large payloads are received where their
/// readers will find them.
class node_events final : public transport::link_events {
public:
  node_events(caf::actor node, caf::actor libraries, std::shared_ptr<node_state> state)
      : node_{std::move(node)}, libraries_{std::move(libraries)}, state_{std::move(state)} {}
  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    using transport::frame_kind;
    const auto kind = static_cast<frame_kind>(header.kind);
    if (kind == frame_kind::library || kind == frame_kind::library_part)
      return caf::anon_send(libraries_, frame_in{from, header, std::move(body)});
    state_->frame({from, header, std::move(body)});
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    caf::anon_send(node_, link_down{which, reason});
    caf::anon_send(libraries_, link_down{which, reason});
  }
  detail::bytes buffer(const transport::link&, const transport::frame_header& header) override {
    return state_->buffer(header);
  }

private:
  caf::actor node_, libraries_;
  std::shared_ptr<node_state> state_;
};

/// In clients: the same.
class client_events final : public transport::link_events {
public:
  client_events(caf::actor client, std::shared_ptr<client_core> core)
      : client_{std::move(client)}, core_{std::move(core)} {}
  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    core_->on_frame({from, header, std::move(body)});
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    caf::anon_send(client_, link_down{which, reason});
  }
  detail::bytes buffer(const transport::link& from, const transport::frame_header& header) override {
    return core_->buffer(from, header);
  }

private:
  caf::actor client_;
  std::shared_ptr<client_core> core_;
};

/// Who in a controller gets a frame.
enum class receiver : std::uint8_t { hub, direct, balanced, all };
constexpr receiver receiver_of(const transport::frame_header& header) {
  using transport::frame_kind;
  switch (static_cast<frame_kind>(header.kind)) {
  case frame_kind::direct_tasks:
  case frame_kind::task_query:
    return receiver::direct;
  case frame_kind::balanced_tasks:
    return receiver::balanced;
  case frame_kind::task_control:
  case frame_kind::outcomes:
  case frame_kind::held:
  case frame_kind::resume:
  case frame_kind::acknowledge:
  case frame_kind::piece:
  case frame_kind::credit:
  case frame_kind::abandon:
    return (header.flags & transport::balanced) != 0 ? receiver::balanced : receiver::direct;
  case frame_kind::stop:
    return receiver::all;
  default:
    return receiver::hub;
  }
}

/// In the controller: work goes to its scheduler, in place; everything else to the hub, as messages.
class controller_events final : public transport::link_events {
public:
  using direct_ptr = std::shared_ptr<driven<direct_scheduler_state>>;
  using balanced_ptr = std::shared_ptr<driven<task_scheduler_state>>;

  /// @param all actors that hear of the end of a connection
  controller_events(caf::actor hub, direct_ptr direct, balanced_ptr balanced, std::vector<caf::actor> all)
      : hub_{std::move(hub)}, direct_{std::move(direct)}, balanced_{std::move(balanced)}, all_{std::move(all)} {}

  void frame(const transport::link_ptr& from, const transport::frame_header& header, detail::bytes body) override {
    const frame_in f{from, header, std::move(body)};
    switch (receiver_of(header)) {
    case receiver::direct:
      return direct_->state.frame_in_turn(f);
    case receiver::balanced:
      return balanced_->state.frame_in_turn(f);
    case receiver::all:
      direct_->state.frame_in_turn(f);
      balanced_->state.frame_in_turn(f);
      [[fallthrough]];
    case receiver::hub:
      if (header.kind == static_cast<std::uint16_t>(transport::frame_kind::library_part)) return part_of_library(f);
      caf::anon_send(hub_, f);
    }
  }
  void turn_ended() override {
    direct_->state.end_turn();
    balanced_->state.end_turn();
  }
  void closed(const transport::link_ptr& which, const std::string& reason) override {
    parts_.erase(which.get());
    for (const auto& a : all_) caf::anon_send(a, link_down{which, reason});
  }

private:
  /// The hub writes them to the disk, and answers each: who does not wait for that would fill its mailbox.
  void part_of_library(const frame_in& f) {
    constexpr int most = 4;
    auto& pending = parts_[f.from.get()];
    if (!pending) pending = std::make_shared<std::atomic<int>>(0);
    if (pending->fetch_add(1) >= most || f.body.size() > transport::piece_size)
      return f.from->close("it sends parts of a library without being asked");
    caf::anon_send(hub_, library_part_in{f, pending});
  }

  std::map<const transport::link*, std::shared_ptr<std::atomic<int>>> parts_; // under way to the hub
  caf::actor hub_;
  direct_ptr direct_;
  balanced_ptr balanced_;
  std::vector<caf::actor> all_;
};

} // namespace pactor
