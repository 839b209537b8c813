#pragma once
// One descriptor in the I/O loop, beside the connections.

#include "runtime/process/unique_fd.hpp"

#include <caf/io/network/default_multiplexer.hpp>

namespace pactor {

using caf::io::network::default_multiplexer;
using caf::io::network::operation;

class descriptor_watch;

/// What happens at a descriptor.
class descriptor_events {
public:
  virtual ~descriptor_events() = default;
  /// It can be read or written, or (operation::propagate_error) is of no use any more. May destroy the watch.
  virtual void on_event(const descriptor_watch& which, operation op) = 0;
};

/// Owns a descriptor and watches it until the end of its life. I/O thread only.
class descriptor_watch {
public:
  /// Watches for reading at once.
  descriptor_watch(default_multiplexer& loop, process::unique_fd fd, descriptor_events& events);
  descriptor_watch(const descriptor_watch&) = delete;
  descriptor_watch& operator=(const descriptor_watch&) = delete;
  ~descriptor_watch();

  [[nodiscard]] int fd() const { return fd_; }
  /// Whether it is also watched for writing.
  void want_write(bool on);

private:
  class handler;
  handler* handler_; // owned by the loop, which needs it a little longer
  int fd_;
};

} // namespace pactor
