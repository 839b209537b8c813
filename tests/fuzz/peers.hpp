#pragma once
// Connections whose other end is the fuzzer.

#include "actors/messages.hpp"
#include "actors/transport/rules.hpp"
#include "pactor/codec.hpp"
#include "tests/fuzz/script.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace pactor::fuzz {

using security::role;
using transport::frame_kind;

class peer_link final : public transport::link {
public:
  struct frame {
    transport::frame_header header;
    detail::slice body;
    [[nodiscard]] bool is(frame_kind kind) const { return header.kind == static_cast<std::uint16_t>(kind); }
  };

  /// @param remembers what is sent to it
  explicit peer_link(role peer, bool remembers = false) : peer_{peer}, remembers_{remembers} {}

  using link::send;
  void send(transport::frame_header h, detail::slice body) override {
    require(body.size == h.size && h.size <= transport::max_frame, "frames that are sent are within the limits");
    if (!closed && remembers_) sent.push_back({h, std::move(body)});
  }
  void close(const std::string&) override { closed = true; }
  [[nodiscard]] std::size_t unsent() const override { return 0; }
  [[nodiscard]] role peer_role() const override { return peer_; }
  [[nodiscard]] const std::string& peer_address() const override { return address_; }
  void welcome_peer() override { welcomed = true; }
  void in_loop(std::function<void(transport::link&)> f) override { f(*this); }
  void send_now(transport::frame_header h, detail::slice body) override { send(h, std::move(body)); }

  /// The next frame that was sent to it.
  std::optional<frame> take() {
    if (sent.empty()) return std::nullopt;
    auto f = std::move(sent.front());
    sent.pop_front();
    return f;
  }

  std::deque<frame> sent;
  bool closed = false, welcomed = false;

private:
  role peer_;
  bool remembers_;
  std::string address_ = "127.0.0.1:1";
};
using peer_ptr = std::shared_ptr<peer_link>;

/// The next frame of a script. @return nothing if the transport does not let this peer send it
inline std::optional<frame_in> next_frame(script& s, const peer_ptr& from) {
  transport::frame_header h;
  h.kind = s.byte();
  h.flags = s.byte();
  h.tag = s.byte();
  h.aux = s.number<std::uint16_t>();
  if (h.aux >= 0xff00) h.aux = 0 - (0x10000 - h.aux); // far away, too
  const auto body = s.sized();
  h.size = static_cast<std::uint32_t>(body.size());
  if (transport::objection(h, from->peer_role(), from->welcomed)) return std::nullopt;
  return frame_in{from, h, body.empty() ? detail::bytes{} : bytes_of(body)};
}

inline void write_frame(script_writer& w, frame_kind kind, std::string_view body = {}, int flags = 0, int tag = 0,
                        std::uint16_t aux = 0) {
  w.byte(static_cast<int>(kind)).byte(flags).byte(tag).number(aux).sized(body);
}

/// A frame as a peer of ours sends it.
inline frame_in frame_of(const peer_ptr& from, frame_kind kind, detail::bytes body = {}, std::uint16_t flags = 0,
                         std::uint64_t tag = 0, std::uint64_t aux = 0) {
  return {from,
          {static_cast<std::uint32_t>(body.size()), static_cast<std::uint16_t>(kind), flags, tag, aux},
          std::move(body)};
}

/// Memory for what is announced is taken at once; here there is little.
inline bool announces_much(const detail::bytes& batch) {
  bool much = false;
  wire::for_each_record(batch.data(), batch.size(), [&](const wire::record& r, const char* payload) {
    std::uint64_t size = 0;
    if (r.size == sizeof size) std::memcpy(&size, payload, sizeof size);
    much = much || (size > 1 << 16 && size >> 32 == 0);
  });
  return much;
}

/// A batch of one record.
inline std::string batch_of(const wire::record& head, std::string_view payload) {
  wire::batch b;
  auto r = head;
  r.size = static_cast<std::uint32_t>(payload.size());
  b.add(r, payload.data());
  return text_of(b.take());
}
inline wire::record record_of(wire::record_kind kind, std::uint64_t id = 0, int engine = -1, std::uint16_t flags = 0,
                              std::uint64_t transfer = 0) {
  wire::record r;
  r.kind = static_cast<std::uint16_t>(kind);
  r.id = id;
  r.engine = engine;
  r.flags = flags;
  r.transfer = transfer;
  return r;
}
inline std::string call_of(std::string_view job, std::string_view arguments = "\x90") {
  std::string text(wire::call_head_size(job), '\0');
  wire::write_call_head(text.data(), job, wire::call_mode::apply);
  return text.append(arguments);
}
template <class T>
std::string encoded(const T& v) {
  return text_of(encode(v));
}

} // namespace pactor::fuzz
