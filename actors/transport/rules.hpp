#pragma once
// Which frames a peer may send: checked before a body is received or memory for it is taken. The role is what the
// peer's certificate says, and the list names all that is allowed: what is not in it ends the connection.

#include "actors/transport/frame.hpp"
#include "runtime/security/role.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace pactor::transport {

/// Roles that may do something, as bits.
enum by_role : std::uint8_t {
  by_controller = 1U << static_cast<unsigned>(security::role::controller),
  by_node = 1U << static_cast<unsigned>(security::role::node),
  by_client = 1U << static_cast<unsigned>(security::role::client),
};

/// One kind of frame.
struct frame_rule {
  enum class body : std::uint8_t { none, some, any };
  frame_kind kind{};
  std::uint8_t before = 0; ///< who may send it before its hello was accepted (the controller: ours)
  std::uint8_t after = 0;  ///< who may send it from then on
  body content = body::any;
  std::uint16_t flags = 0;    ///< those that it may have
  std::uint8_t upward_by = 0; ///< who has to set frame_flag::upward: the others must not
};

/// To clients the controller is hub and schedulers, to nodes the same; a node and a client never hear each other.
inline constexpr std::array frame_rules{
    frame_rule{frame_kind::hello, by_node | by_client, 0},
    frame_rule{frame_kind::welcome, by_controller, by_controller},
    frame_rule{frame_kind::refused, by_controller, by_controller},
    frame_rule{frame_kind::ping, by_controller | by_node | by_client, by_controller | by_node | by_client,
               frame_rule::body::none},
    // What only clients ask for: queries end and restart engines and the cluster, too.
    frame_rule{frame_kind::query, 0, by_client},
    frame_rule{frame_kind::task_query, 0, by_client},
    frame_rule{frame_kind::direct_tasks, 0, by_client},
    frame_rule{frame_kind::balanced_tasks, 0, by_client, frame_rule::body::any, balanced},
    // What only nodes tell.
    frame_rule{frame_kind::engine_report, 0, by_node},
    frame_rule{frame_kind::held, 0, by_node, frame_rule::body::any, balanced},
    frame_rule{frame_kind::outcomes, 0, by_controller | by_node, frame_rule::body::any, balanced},
    // What only the controller says.
    frame_rule{frame_kind::answer, 0, by_controller},
    frame_rule{frame_kind::engines, 0, by_controller},
    frame_rule{frame_kind::stop, 0, by_controller | by_client,
               frame_rule::body::none}, // the cluster ends; a client leaves
    frame_rule{frame_kind::engine_control, 0, by_controller},
    frame_rule{frame_kind::tasks, 0, by_controller, frame_rule::body::any, balanced},
    frame_rule{frame_kind::task_control, 0, by_controller | by_client, frame_rule::body::any, balanced},
    frame_rule{frame_kind::resume, 0, by_controller | by_client, frame_rule::body::none, balanced},
    frame_rule{frame_kind::acknowledge, 0, by_controller | by_client, frame_rule::body::none, balanced},
    // Job libraries: each of the three asks or tells, and a part is at most one piece (the receiver looks).
    frame_rule{frame_kind::library, 0, by_controller | by_node | by_client, frame_rule::body::some},
    frame_rule{frame_kind::library_part, 0, by_controller | by_client, frame_rule::body::some},
    // Payloads: of tasks from clients to nodes, of outcomes from nodes to clients, and what is said of them in return.
    // The controller passes both on.
    frame_rule{frame_kind::piece, 0, by_controller | by_node | by_client, frame_rule::body::some, balanced | upward,
               by_node},
    frame_rule{frame_kind::credit, 0, by_controller | by_node | by_client, frame_rule::body::none, balanced | upward,
               by_client},
    frame_rule{frame_kind::abandon, 0, by_controller, frame_rule::body::none, balanced | upward},
};

/// @return null for a kind that is none
constexpr const frame_rule* rule_of(frame_kind kind) {
  constexpr auto index = [] {
    std::array<std::uint8_t, 32> at{}; // one more than the place in the list
    for (std::size_t i = 0; i < frame_rules.size(); ++i)
      at.at(static_cast<std::size_t>(frame_rules[i].kind)) = static_cast<std::uint8_t>(i + 1);
    return at;
  }();
  const auto number = static_cast<std::size_t>(kind);
  return number < index.size() && index[number] > 0 ? &frame_rules[index[number] - 1U] : nullptr;
}

/// Tasks of a client come in frames of at most this size: each is read at one go, while others wait. Room for one with
/// the longest options, and with arguments that do not travel by themselves.
constexpr std::size_t max_batch = std::size_t{4} << 20;

/// @param peer the role in the sender's certificate
/// @param welcomed whether its hello was accepted (for a controller as the sender: ours)
/// @return nothing if the frame may come, else why not, for a person
inline std::optional<std::string> objection(const frame_header& h, security::role peer, bool welcomed) {
  const auto kind = static_cast<frame_kind>(h.kind);
  const bool batch = kind == frame_kind::direct_tasks || kind == frame_kind::balanced_tasks;
  const auto limit = !welcomed ? max_hello : batch ? max_batch : max_frame;
  if (h.size > limit) return "a frame of " + std::to_string(h.size) + " bytes, the limit is " + std::to_string(limit);
  const auto sender = static_cast<std::uint8_t>(1U << static_cast<unsigned>(peer));
  const auto* rule = rule_of(kind);
  const auto name = [&] { return "a frame of kind " + std::to_string(h.kind); };
  if (!rule || ((welcomed ? rule->after : rule->before) & sender) == 0)
    return name() + ", which a " + std::string{to_string(peer)} + " may not send " +
           (welcomed ? "" : "before it is welcomed");
  using body = frame_rule::body;
  if (rule->content != body::any && (h.size > 0) != (rule->content == body::some))
    return name() + " with a body of " + std::to_string(h.size) + " bytes";
  const bool wrong_way = sender != by_controller && (rule->flags & upward) != 0 &&
                         ((h.flags & upward) != 0) != ((rule->upward_by & sender) != 0);
  if ((h.flags & ~rule->flags) != 0 || wrong_way)
    return name() + " with the flags " + std::to_string(h.flags) + ", which a " + std::string{to_string(peer)} +
           " may not set";
  return std::nullopt;
}

} // namespace pactor::transport
