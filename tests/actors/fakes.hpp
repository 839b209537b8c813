#pragma once
// Connections that only remember what was sent over them, and batches to write and to read.

#include "actors/messages.hpp"
#include "actors/transport/link.hpp"
#include "pactor/codec.hpp"
#include "pactor/error.hpp"
#include "runtime/wire/records.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::test {

using transport::frame_kind;
using wire::record_kind;

/// A frame that an actor sent.
struct sent_frame {
  frame_kind kind{};
  std::uint16_t flags = 0;
  std::uint64_t tag = 0, aux = 0;
  detail::slice body{};
};

/// A connection to a peer that exists only in the test.
class fake_link final : public transport::link {
public:
  explicit fake_link(security::role peer) : peer_{peer} {}

  using link::send;
  void send(transport::frame_header h, detail::slice body) override {
    if (closed) return;
    sent.push_back({static_cast<frame_kind>(h.kind), h.flags, h.tag, h.aux, std::move(body)});
    if (on_send) on_send(sent.back());
  }
  void close(const std::string& reason) override {
    if (!closed) closed = reason;
  }
  [[nodiscard]] std::size_t unsent() const override { return backlog; }
  [[nodiscard]] security::role peer_role() const override { return peer_; }
  [[nodiscard]] const std::string& peer_address() const override { return address_; }
  void welcome_peer() override { welcomed = true; }
  void in_loop(std::function<void(transport::link&)> f) override { f(*this); }
  void send_now(transport::frame_header h, detail::slice body) override { send(h, std::move(body)); }

  /// The frames of a kind, which are forgotten.
  std::vector<sent_frame> take(frame_kind kind);
  /// The only frame of a kind, which is forgotten. Fails the test if there is none or another.
  sent_frame take_one(frame_kind kind);
  [[nodiscard]] std::size_t count(frame_kind kind) const;

  std::vector<sent_frame> sent;
  std::function<void(const sent_frame&)> on_send; ///< a peer that answers at once
  std::optional<std::string> closed;
  bool welcomed = false;
  std::size_t backlog = 0; ///< bytes that the peer has not taken

private:
  security::role peer_;
  std::string address_ = "127.0.0.1:1";
};

using fake_link_ptr = std::shared_ptr<fake_link>;
inline fake_link_ptr link_to(security::role peer) { return std::make_shared<fake_link>(peer); }

/// A frame that comes from a peer.
frame_in arrives(const fake_link_ptr& from, frame_kind kind, detail::bytes body = {}, std::uint16_t flags = 0,
                 std::uint64_t tag = 0, std::uint64_t aux = 0);

/// A record as it was read.
struct read_record {
  wire::record head;
  std::string payload;
  [[nodiscard]] record_kind kind() const { return static_cast<record_kind>(head.kind); }
  [[nodiscard]] failure as_failure() const;
  [[nodiscard]] std::vector<target> as_targets() const;
};
/// Fails the test if the batch is malformed.
std::vector<read_record> records(const detail::slice& batch);
/// The records of several frames, one after the other.
std::vector<read_record> records(const std::vector<sent_frame>& frames);

/// Bytes of a text.
inline detail::bytes bytes_of(std::string_view text) { return detail::bytes::copy(text.data(), text.size()); }
/// A task's payload: a call of `job`, whose arguments are any text.
std::string call_of(std::string_view job, std::string_view arguments = "");
/// Bytes that differ from those of another seed and from their neighbours.
detail::bytes pattern(std::size_t size, std::uint32_t seed = 1);

/// Builds a batch.
class batch_writer {
public:
  batch_writer& task(std::uint64_t id, int engine, std::string_view payload, std::uint16_t flags = 0);
  /// A task whose payload travels by itself.
  batch_writer& large_task(std::uint64_t id, int engine, std::uint64_t transfer, std::uint64_t size,
                           std::uint16_t flags = 0);
  /// A task whose payload comes by a lane.
  batch_writer& shared_task(std::uint64_t id, int engine, std::uint32_t client, std::uint64_t handle,
                            std::uint64_t size);
  /// Options of the task that follows.
  batch_writer& options(const wire_options& o);
  batch_writer& targets(const std::vector<target>& list);
  batch_writer& allowed(const std::vector<std::int32_t>& engines);
  batch_writer& outcome(record_kind kind, std::uint64_t id, int engine, std::string_view payload,
                        std::uint16_t flags = 0, std::chrono::nanoseconds took = {});
  batch_writer& lost(std::uint64_t id, int engine, bool started, const std::string& why = "it died");
  batch_writer& large_result(std::uint64_t id, int engine, std::uint64_t transfer, std::uint64_t size);
  /// A result that comes by a lane.
  batch_writer& shared_result(std::uint64_t id, int engine, std::uint64_t handle, std::uint64_t size);
  detail::bytes take() { return batch_.take(); }

private:
  wire::batch batch_;
};

} // namespace pactor::test
