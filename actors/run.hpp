#pragma once
// The two long-lived processes of a cluster, each as one function. They return when the process is to end.

#include "pactor/error.hpp"
#include "runtime/core/restart_policy.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/log.hpp"
#include "runtime/snippets/compiler_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pactor {

struct controller_options {
  std::string connection_file; ///< of role controller: address, port (0 is any free one), nonce, keys
  int ready_fd = -1;           ///< gets one byte once the controller listens
  std::chrono::milliseconds heartbeat{1'000};
  std::string scheduler = "leastload"; ///< how engines are chosen for balanced tasks: core::scheme
  std::size_t hwm = 0;                 ///< balanced tasks an engine has at most; 0: as many as hide the way there
  std::size_t recent_tasks = 1'000;    ///< that have ended and are listed
  std::size_t open_tasks = 2'000'000;  ///< of one client, of each scheduler
  std::uint64_t open_bytes = std::uint64_t{4} << 30; ///< of their arguments
  std::string log_file;                              ///< "" is standard error
  log_level level = log_level::info;
  /// Called with the real port before ready_fd is written: completes the other connection files.
  std::function<void(std::uint16_t port)> listening = {};
  std::uint32_t incarnation = 0;   ///< how often it was restarted
  bool shipping = true;            ///< clients may send job libraries
  std::string library_cache{};     ///< directory in which these are kept
  std::uint64_t library_bytes = 0; ///< what they may take there
  std::string roster{};            ///< file in which it notes who is in the cluster, for its successor; "" is none
};

/// Hub, schedulers and the one port. Ends on SIGINT or SIGTERM.
/// @return the exit code @throws error{system} if the address is taken, error{configuration}
int run_controller(const controller_options& options);

struct node_options {
  std::string connection_file; ///< of role node; read again whenever the connection was lost
  /// What goes before connection_file, for a node that has no such file.
  std::optional<files::connection_file> connection{};
  std::string lane_directory; ///< for the socket by which clients of this host share memory; "" is none
  /// -1, or a descriptor whose end ends the node. What comes there is dropped.
  int life_line = -1;
  bool life_line_is_output = false; ///< it is written to: its end is that nobody reads there any more
  std::chrono::seconds lease{0};    ///< how long the node lives without a byte from life_line; 0: for ever
  int engines = 1;
  std::vector<std::string> job_directories;
  std::string worker; ///< path of pactor-worker
  std::string name;   ///< of the host, as the cluster knows it; "" is its host name
  int ready_fd = -1;  ///< gets one byte once the engines are registered
  /// It is a rank of an MPI program: when its worker dies after it called MPI, or a signal ends it, tasks are told of
  /// that, and the node ends.
  bool rank = false;
  int farewell_fd = -1; ///< gets rank_left (launchers/rank_signs.hpp) when the node ends in order
  std::string log_file; ///< "" is standard error
  log_level level = log_level::info;
  snippets::compile_settings execute{};           ///< of its engines
  core::restart_policy::limits worker_restarts{}; ///< when an engine gives its worker up
  std::string library_cache{};                    ///< directory for job libraries that clients send
  std::uint64_t library_bytes = 0;                ///< what they may take there
  std::vector<std::vector<int>> cores;            ///< that its engines' workers are bound to, in turn; none: any
  std::vector<int> requested_ids;                 ///< numbers that the engines had before; missing ones are any
  std::vector<std::string> requested_keys{};      ///< one for each of these, or none: welcome_node::keys
  std::chrono::milliseconds timeout{10'000};      ///< of the connection
  /// How long it goes on without a controller, and tries to get back to one.
  std::chrono::milliseconds reconnect{30'000};
};

/// Engines and their workers. Ends on SIGINT or SIGTERM, when the cluster ends, or when the controller does not come
/// back.
/// @return the exit code @throws not_connected, error{refused}, error{configuration}
int run_node(const node_options& options);

} // namespace pactor
