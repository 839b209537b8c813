#pragma once
// What the actors of one process say to each other: CAF messages, which never leave it. What processes say to each
// other is in protocol.hpp.

#include "actors/memory_file.hpp"
#include "actors/protocol.hpp"
#include "actors/transport/link.hpp"
#include "runtime/core/owner.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pactor {

/// transport to any actor: a frame came
struct frame_in {
  transport::link_ptr from;
  transport::frame_header header;
  detail::bytes body;
};

/// transport to hub: a part of a library came from a client; counted down when it was handled
struct library_part_in {
  frame_in frame;
  std::shared_ptr<std::atomic<int>> pending;
};

/// node to its libraries: it was welcomed by a controller that has these
struct libraries_listed {
  transport::link_ptr controller;
  std::vector<wire_library> libraries;
};

/// A library on a node's disk.
struct placed_library {
  std::string file, hash, path;
};
/// libraries to their node: tasks use it from now on, or (with an empty path) no more
struct library_in_use {
  placed_library library;
  bool tell = false; ///< the hub waits to hear that
};
/// libraries to their node: what the controller had at its welcome was looked after
struct libraries_settled {};

/// transport to any actor: a connection ended
struct link_down {
  transport::link_ptr which;
  std::string reason;
};

/// hub to schedulers: a client was welcomed
struct client_joined {
  std::uint32_t client = 0;
  transport::link_ptr link;
  bool again = false; ///< it was here before, in this life of the controller
};

/// hub to schedulers: a node was welcomed
struct node_joined {
  std::string host;
  transport::link_ptr link;
  std::vector<int> engines;
};

/// hub to schedulers: an engine of a living node can't run tasks now (false) or can again (true)
struct engine_available {
  int engine = -1;
  bool available = false;
  bool given_up = false; ///< never again
};

/// scheduler or hub to itself, after recovery_time: who is not back by now is not waited for any longer
struct recovery_over {};
constexpr auto recovery_time = std::chrono::seconds{3};
/// How long nodes hold what is of clients that are not back.
constexpr auto absence_time = std::chrono::seconds{30};
/// How long what a client has open stays when its connection breaks, which is also what is seen of one that was killed;
/// of one that fell silent for absence_time.
constexpr auto broken_time = std::chrono::seconds{3};
/// scheduler to itself, after one of these: a client that was cut off then is not waited for any longer
struct client_absent {
  std::uint32_t client = 0;
  std::uint64_t absence = 0; ///< counts how often clients were cut off
};
/// hub to itself, half a second before absence is over: clients cut off then need not be known to the next controller
struct forget_departed {};
/// scheduler to itself, after absence_time: what nodes hold for clients that are not back is not wanted any more
struct absence_over {};

/// to oneself: send what has piled up in batches
struct flush {};

/// client or scheduler to itself, after a while: tell how far outcomes were read
struct tell_taken {};

/// task scheduler to itself, after a delay: something waited for long enough
struct look_again {};

/// hub to schedulers: these engines are to leave; the task scheduler gives them nothing more, and takes back
struct drain_engines {
  std::vector<int> engines;
};
/// hub to direct scheduler: it accepts no tasks for these any more
struct close_engines {
  std::vector<int> engines;
};
/// hub to schedulers; each answers with the number of tasks that these engines have or will have to run
struct count_left {
  std::vector<int> engines;
};
/// hub to itself: look after nodes that leave
struct drain_tick {};

/// hub to task scheduler; it answers with the number of tasks that no engine has
struct count_unassigned {};

/// node to engine: the hub gave it this number
struct engine_number {
  int number = -1;
};

/// node to engine: tasks for it
struct engine_tasks {
  struct item {
    std::uint64_t id = 0;
    bool directed = false;
    std::uint32_t client = 0;          ///< who reads the result; 0: the controller
    std::shared_ptr<memory_file> file; ///< not null: the payload arrives there; transfer_ended tells when
    detail::slice payload;
    std::chrono::nanoseconds run_limit{0}; ///< 0: none
    core::owner owner{};                   ///< who submitted it, and that client's number for it
  };
  std::vector<item> items;
};

/// node to engine: a task is to end
struct task_order {
  std::uint64_t id = 0;
  bool directed = false;
  end_how how{};
  std::string by{};
  bool give_back = false; ///< if it has not started, it may run elsewhere; `how` is about those that have
};

/// engine to itself, after a delay: look after tasks that may run no longer
struct check_limits {};

/// node to engine: the payload of a task is complete, or (false) will never be
struct transfer_ended {
  std::uint64_t id = 0;
  bool directed = false, complete = false;
  std::string trouble = {}; ///< why it will never be; "" if nobody waits for the task any more
};

/// engine to itself, after a delay: start a worker
struct restart_worker {};

/// node to itself, from time to time: tell the hub of engines whose counters changed
struct report_changes {};

/// to node: end in order
struct stop_node {};

/// to node: end at once, and have its tasks end for this reason
struct depart_node {
  ec code = ec::engine_lost;
  std::string why;
};

} // namespace pactor

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::frame_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::library_part_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::libraries_listed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::library_in_use)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::libraries_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::client_joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::node_joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::engine_available)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::recovery_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::absence_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::client_absent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::forget_departed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::tell_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::drain_engines)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::close_engines)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::count_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::drain_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::count_unassigned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::engine_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::engine_tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::transfer_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::check_limits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::restart_worker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::report_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::stop_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::depart_node)
