#pragma once
// A node's ends of the lanes: which payload of which client is where. Knows no socket, so that tests can drive it.

#include "actors/lane.hpp"
#include "actors/memory_file.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace pactor {

/// I/O thread only.
class node_lanes {
public:
  using file_ptr = std::shared_ptr<memory_file>;
  /// A payload that was claimed came, or will never come: for this trouble.
  using settled_function = std::function<void(std::uint32_t client, std::uint64_t handle, const std::string& trouble)>;

  explicit node_lanes(std::string nonce) : nonce_{std::move(nonce)} {}
  node_lanes(const node_lanes&) = delete;
  node_lanes& operator=(const node_lanes&) = delete;

  void on_settled(settled_function f) { settled_ = std::move(f); }
  /// A stranger came; `make` makes the lane for these events. It is a client's once it says hello.
  void admit(const std::function<std::unique_ptr<lane>(lane_events&)>& make);

  /// The payload that a task of this client names. Complete, or settled later.
  /// @throws error{bad_payload} if the client has no lane, or said another size
  [[nodiscard]] file_ptr claim(std::uint32_t client, std::uint64_t handle, std::uint64_t size);
  /// Whether results can go to this client by lane.
  [[nodiscard]] bool reaches(std::uint32_t client) const { return clients_.contains(client); }
  /// Sends a result: `size` bytes from `offset` of a file, which `keep` keeps until the client has read it.
  /// @return its handle @pre reaches(client)
  std::uint64_t send(std::uint32_t client, int fd, std::uint64_t offset, std::uint64_t size,
                     std::shared_ptr<const void> keep);
  /// A payload that was claimed is not wanted any more.
  void forget(std::uint32_t client, std::uint64_t handle);
  /// A result that was sent is of no use to the client: it does not ask for it.
  void take_back(std::uint32_t client, std::uint64_t handle);

private:
  struct end;
  void said(end& e, const lane_message& m, process::unique_fd file);
  void hello(end& e, const lane_message& m);
  void payload(end& e, const lane_message& m, process::unique_fd file);
  void closed(end& e);

  std::string nonce_;
  settled_function settled_;
  std::uint64_t handles_ = 0;
  std::map<const end*, std::shared_ptr<end>> ends_;
  std::unordered_map<std::uint32_t, end*> clients_;
};

} // namespace pactor
