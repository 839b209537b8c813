#include "actors/descriptor_watch.hpp"

#include <utility>

namespace pactor {

using caf::io::network::event_handler;

/// What the loop knows of the watch; it closes the descriptor once the loop let go.
class descriptor_watch::handler final : public event_handler {
public:
  handler(default_multiplexer& loop, int fd, descriptor_watch& watch, descriptor_events& events)
      : event_handler{loop, fd}, watch_{&watch}, events_{events} {}
  void start() { activate(); }
  void stop() {
    if (!std::exchange(watch_, nullptr)) return;
    want_write(false);
    passivate();
    // One that is stopped in the turn in which it began was never in the loop, which then does not let go of it.
    backend().post([this] { let_go(); });
  }
  void want_write(bool on) {
    if (on == writing_) return;
    writing_ = on;
    on ? backend().add(operation::write, fd(), this) : backend().del(operation::write, fd(), this);
  }
  void handle_event(operation op) override {
    if (watch_) events_.on_event(*watch_, op);
  }
  void removed_from_loop(operation op) override {
    if (op == operation::read) let_go();
  }
  void graceful_shutdown() override { stop(); }

private:
  ~handler() override = default;
  void let_go() {
    if (!std::exchange(gone_, true)) backend().post([this] { delete this; }); // NOLINT: owned by the loop
  }
  descriptor_watch* watch_;
  descriptor_events& events_;
  bool writing_ = false, gone_ = false;
};

descriptor_watch::descriptor_watch(default_multiplexer& loop, process::unique_fd fd, descriptor_events& events)
    : fd_{fd.get()} {
  handler_ = new handler{loop, fd.release(), *this, events}; // NOLINT: owned by the loop
  handler_->start();
}

descriptor_watch::~descriptor_watch() { handler_->stop(); }

void descriptor_watch::want_write(bool on) { handler_->want_write(on); }

} // namespace pactor
