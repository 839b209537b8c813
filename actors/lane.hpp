#pragma once
// A lane: the Unix socket between a client and a node of one host. Large payloads cross it as descriptors of memory
// files, so that they are neither copied nor encrypted; what is to be done with them goes over the controller, as ever.

#include "actors/descriptor_watch.hpp"
#include "runtime/process/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pactor {

/// What the two ends say to each other: single messages of a fixed size, some with a descriptor.
enum class lane_kind : std::uint32_t {
  hello = 1,   ///< client, first: its number and the start's nonce
  welcome = 2, ///< node: the nonce was right
  payload = 3, ///< either: here is a payload, `size` bytes from `offset` of the file that comes along
  release = 4, ///< either: nobody on this side reads that payload any more; its memory may be used again
  drop = 5,    ///< client: no task needs that payload any more
};

struct lane_message {
  std::uint32_t kind = 0;   ///< lane_kind
  std::uint32_t client = 0; ///< hello: the client's number at the controller
  std::uint64_t handle = 0; ///< names a payload; each end counts its own
  std::uint64_t offset = 0, size = 0;
  std::array<char, 32> nonce{}; ///< hello
};
static_assert(sizeof(lane_message) == 64);

/// One end, as its user sees it. Tests put a fake in its place.
class lane {
public:
  lane() = default;
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
  virtual ~lane() = default;
  /// @param fd is duplicated, if it is one
  virtual void send(const lane_message& m, int fd = -1) = 0;
};

/// What happens at one end. I/O thread only.
class lane_events {
public:
  virtual ~lane_events() = default;
  virtual void lane_said(const lane_message& m, process::unique_fd file) = 0;
  /// The other end is gone. Called once, last; may destroy the lane.
  virtual void lane_closed() = 0;
};

/// A lane over a socket.
class lane_socket final : public lane, descriptor_events {
public:
  lane_socket(default_multiplexer& loop, process::unique_fd socket, lane_events& events);
  void send(const lane_message& m, int fd) override;

private:
  struct waiting {
    lane_message message;
    process::unique_fd file;
  };
  void on_event(const descriptor_watch& which, operation op) override;
  void read_in();
  void write_out();
  void close();

  lane_events& events_;
  std::optional<descriptor_watch> socket_;
  std::deque<waiting> out_;
  std::shared_ptr<bool> self_ = std::make_shared<bool>(true); // tells a loop in here that it was destroyed
};

/// Where a node listens for clients of its host.
class lane_listener final : descriptor_events {
public:
  using accepted = std::function<void(process::unique_fd)>;

  /// Makes a socket of its own in the directory, and removes those whose nodes are gone.
  /// @throws error{system}
  lane_listener(default_multiplexer& loop, const std::string& directory, accepted on_accept);
  ~lane_listener() override;
  /// What the names of this host's sockets begin with.
  static std::string file_prefix();
  /// Absolute.
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  void on_event(const descriptor_watch& which, operation op) override;

  std::string path_;
  accepted on_accept_;
  std::optional<descriptor_watch> socket_;
};

/// Connects to a node's lane. @return nothing if the node is on another host, or belongs to another user
[[nodiscard]] process::unique_fd connect_lane(const std::string& path);

} // namespace pactor
