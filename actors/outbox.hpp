#pragma once
// What a scheduler owes one process: a batch that grows while messages wait and leaves as one frame.

#include "actors/transport/link.hpp"
#include "runtime/wire/records.hpp"

namespace pactor {

/// Records for one link. I/O thread only.
class outbox {
public:
  outbox(transport::link_ptr to, transport::frame_kind kind, std::uint16_t flags)
      : link_{std::move(to)}, kind_{kind}, flags_{flags} {}

  [[nodiscard]] const transport::link_ptr& link() const { return link_; }

  void add(const wire::record& r, const void* payload) {
    // A frame has a limit; what is full leaves at once.
    if (batch_.size() + sizeof r + wire::padded(r.size) > transport::max_frame) send();
    batch_.add(r, payload);
  }
  void send() {
    if (!batch_.empty()) link_->send(kind_, detail::slice{batch_.take()}, 0, flags_);
  }

private:
  transport::link_ptr link_;
  transport::frame_kind kind_;
  std::uint16_t flags_;
  wire::batch batch_;
};

} // namespace pactor
