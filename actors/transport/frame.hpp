#pragma once
// What travels on a connection: frames. One TLS connection carries everything between two processes, so that one
// open port or one tunnel is enough.

#include "pactor/detail/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pactor::transport {

/// Precedes every frame; all fields little endian.
struct frame_header {
  std::uint32_t size = 0;  ///< bytes of the body
  std::uint16_t kind = 0;  ///< frame_kind
  std::uint16_t flags = 0; ///< frame_flag
  std::uint64_t tag = 0;   ///< query, answer: request; piece, credit: transfer
  std::uint64_t aux = 0;   ///< piece: offset of the body in the payload; credit: number of pieces; batches of tasks:
                           ///< as of acknowledge
};
static_assert(sizeof(frame_header) == 24);

enum class frame_kind : std::uint16_t {
  hello = 1,      ///< first frame of a node or client: encoded hello_node or hello_client
  welcome,        ///< answer to hello: encoded welcome_node or welcome_client
  refused,        ///< encoded refusal, to a hello that is not accepted or before an ill-behaved peer is cut off
  ping,           ///< heartbeat, no body
  query,          ///< client to hub: encoded query
  answer,         ///< hub to client: the answer to the query of the same tag
  engines,        ///< hub to client: encoded engine numbers, whenever they change
  engine_report,  ///< node to hub: encoded engine_report
  stop,           ///< controller to node: end in order; to client: the cluster ends
  direct_tasks,   ///< client to direct scheduler: batch of targets and task records
  balanced_tasks, ///< client to task scheduler: batch of task records
  tasks,          ///< scheduler to node: batch of task records, by frame_flag::balanced
  outcomes,       ///< node to scheduler (frame_flag::balanced), scheduler to client: batch of outcome records
  piece,          ///< part of a large payload
  credit,         ///< the receiver took `aux` pieces of transfer `tag`
  abandon,        ///< the sender of transfer `tag` is gone: the rest will not come
  task_control,   ///< client to scheduler (answered if `tag` is not 0), scheduler to node: encoded task_control
  task_query,     ///< client to direct scheduler: encoded task_query; answered as an outcome, or by an answer
  engine_control, ///< hub to node: encoded engine_control
  held,           ///< node to restarted scheduler: encoded held_tasks
  resume,         ///< client to scheduler: all that it had open is handed in; scheduler to node: send what you keep
  acknowledge,    ///< client to scheduler, scheduler to node: `aux` frames of outcomes are done with, from the first on
  library,        ///< client to hub: encoded library_query; hub to node: library_order; node to hub: library_report
  library_part,   ///< a part of a job library, at offset `aux`: client to hub, which answers it; hub to node
};

enum frame_flag : std::uint16_t {
  balanced = 1, ///< of the task scheduler, not of the direct one
  upward = 2,   ///< pieces and credits of an outcome's transfer, not of a task's
};

/// No frame is larger: larger payloads travel as pieces.
constexpr std::size_t max_frame = std::size_t{16} << 20;
/// Before a peer is welcomed it may send one hello of at most this size.
constexpr std::size_t max_hello = std::size_t{1} << 20;
/// Size of a piece, and how many may be on their way unacknowledged.
constexpr std::size_t piece_size = std::size_t{1} << 20;
constexpr std::uint32_t piece_window = 8;

} // namespace pactor::transport
