#pragma once
// A client's ends of the lanes to the nodes of its host: large arguments leave and large results come by them. Knows
// no socket, so that tests can drive it.

#include "actors/lane.hpp"
#include "actors/protocol.hpp"
#include "actors/shared_memory.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pactor {

class client_lanes {
public:
  /// Connects to a node's lane. @return null if the node is on another host
  using open_function = std::function<std::unique_ptr<lane>(const std::string& path, lane_events& events)>;
  /// A result that somebody waits for: the payload, or nothing if it was lost on the way.
  using arrived_function = std::function<void(std::optional<detail::bytes>)>;

  /// @param wake  asks for flush() in the I/O thread; from any thread
  client_lanes(open_function open, std::string nonce, std::function<void()> wake);
  client_lanes(const client_lanes&) = delete;
  client_lanes& operator=(const client_lanes&) = delete;
  ~client_lanes();

  // From any thread.
  /// Memory for a large payload; empty if no engine is on this host.
  [[nodiscard]] detail::bytes allocate(std::size_t size);
  /// Gives a payload to the nodes of these engines, for one task on each.
  /// @return its handle; nothing if it must take the other way: not all engines are on this host, or it was not
  /// allocated here
  std::optional<std::uint64_t> offer(const detail::slice& payload, std::span<const int> engines);
  /// One of the tasks of a payload ended.
  void task_ended(std::uint64_t handle);

  // In the I/O thread.
  /// Where the engines are now.
  void set_places(std::uint32_t client, const std::vector<node_place>& places);
  /// Calls `arrived` once the result that this engine's node announced is here, perhaps at once.
  void await(int engine, std::uint64_t handle, std::uint64_t size, arrived_function arrived);
  /// Sends what has piled up.
  void flush();
  /// The connection to the controller ended: so do the lanes.
  void close();

private:
  struct end;
  struct state;
  void said(end& e, const lane_message& m, process::unique_fd file);
  void payload(end& e, const lane_message& m, process::unique_fd file);
  void closed(end& e);
  void publish();

  open_function open_;
  std::string nonce_;
  std::map<std::string, std::unique_ptr<end>> ends_; // by path
  std::shared_ptr<state> state_;
};

} // namespace pactor
