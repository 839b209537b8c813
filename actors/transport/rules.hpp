#pragma once
// Which frames a peer may send: checked before a body is received or memory for it is taken.

#include "actors/transport/frame.hpp"
#include "runtime/security/role.hpp"

#include <optional>
#include <string>

namespace pactor::transport {

/// @param peer the role in the sender's certificate
/// @param welcomed whether its hello was accepted (for a controller as the sender: ours)
/// @return nothing if the frame may come, else why not, for a person
inline std::optional<std::string> objection(const frame_header& h, security::role peer, bool welcomed) {
  using security::role;
  const auto kind = static_cast<frame_kind>(h.kind);
  const auto limit = welcomed ? max_frame : max_hello;
  if (h.size > limit) return "a frame of " + std::to_string(h.size) + " bytes, the limit is " + std::to_string(limit);
  bool allowed = false;
  switch (kind) {
  case frame_kind::ping:
    allowed = h.size == 0;
    break;
  case frame_kind::hello:
    allowed = peer != role::controller && !welcomed;
    break;
  case frame_kind::welcome:
  case frame_kind::refused:
    allowed = peer == role::controller;
    break;
  case frame_kind::query:
  case frame_kind::task_query:
  case frame_kind::direct_tasks:
  case frame_kind::balanced_tasks:
    allowed = peer == role::client && welcomed;
    break;
  case frame_kind::answer:
  case frame_kind::engines:
  case frame_kind::tasks:
  case frame_kind::stop:
  case frame_kind::engine_control:
    allowed = peer == role::controller && welcomed;
    break;
  case frame_kind::engine_report:
    allowed = peer == role::node && welcomed;
    break;
  case frame_kind::task_control:
    allowed = peer != role::node && welcomed;
    break;
  case frame_kind::outcomes:
    allowed = peer != role::client && welcomed;
    break;
  case frame_kind::piece:
    allowed = welcomed && h.size > 0;
    break;
  case frame_kind::held:
    allowed = peer == role::node && welcomed;
    break;
  case frame_kind::resume:
    allowed = peer != role::node && welcomed && h.size == 0;
    break;
  case frame_kind::library:
    allowed = welcomed;
    break;
  case frame_kind::library_part:
    allowed = peer != role::node && welcomed && h.size > 0 && h.size <= piece_size;
    break;
  case frame_kind::acknowledge:
  case frame_kind::abandon:
  case frame_kind::credit:
    allowed = welcomed && h.size == 0;
    break;
  }
  if (allowed) return std::nullopt;
  return "a frame of kind " + std::to_string(h.kind) + ", which a " + std::string{to_string(peer)} + " may not send " +
         (welcomed ? "" : "before it is welcomed");
}

} // namespace pactor::transport
