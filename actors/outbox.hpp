#pragma once
// What a scheduler owes one process: a batch that grows while messages wait and leaves as one frame.

#include "actors/transport/link.hpp"
#include "runtime/core/acknowledgements.hpp"
#include "runtime/core/outcome_ledger.hpp"
#include "runtime/wire/records.hpp"

namespace pactor {

/// Records for one link. I/O thread only.
class outbox {
public:
  outbox(transport::link_ptr to, transport::frame_kind kind, std::uint16_t flags)
      : link_{std::move(to)}, kind_{kind}, flags_{flags} {}

  [[nodiscard]] const transport::link_ptr& link() const { return link_; }
  /// From now on frames leave over another link.
  void relink(transport::link_ptr to) { link_ = std::move(to); }
  /// In nodes: frames are kept until they are acknowledged. `l` outlives this.
  void keep_in(core::outcome_ledger* l) { ledger_ = l; }
  /// In schedulers: follows the outcomes of nodes to clients, or tells nodes how far they came. `a` outlives this.
  void follow(core::acknowledgements* a) { acknowledgements_ = a; }

  void add(const wire::record& r, const void* payload) {
    // A frame has a limit; what is full leaves at once.
    if (batch_.size() + sizeof r + wire::padded(r.size) > transport::max_frame) send();
    batch_.add(r, payload);
    if (acknowledgements_ && kind_ == transport::frame_kind::outcomes) acknowledgements_->passed(link_.get());
  }
  /// The same for an outcome, in nodes.
  void add_outcome(const wire::record& r, const void* payload, const core::owner& whose) {
    add(r, payload);
    if (ledger_) ledger_->note(whose);
  }
  void send() {
    if (batch_.empty()) return;
    detail::slice body{batch_.take()};
    if (ledger_ && !ledger_->leaves(body)) return;
    std::uint64_t done = 0;
    if (acknowledgements_ && kind_ == transport::frame_kind::outcomes) {
      acknowledgements_->sent(link_.get());
    } else if (acknowledgements_) {
      done = acknowledgements_->done(link_.get());
      acknowledgements_->told(link_.get());
    }
    link_->send(kind_, std::move(body), 0, flags_, done);
  }

private:
  transport::link_ptr link_;
  transport::frame_kind kind_;
  std::uint16_t flags_;
  wire::batch batch_;
  core::outcome_ledger* ledger_ = nullptr;
  core::acknowledgements* acknowledgements_ = nullptr;
};

} // namespace pactor
