#pragma once
// Several descriptors watched by one.

#include "runtime/process/unique_fd.hpp"

#include <vector>

namespace pactor::process {

/// Readable when any of its descriptors is, or has come to its end; or takes something again.
class watch_set {
public:
  /// @throws error{system}
  watch_set();
  [[nodiscard]] int fd() const noexcept { return epoll_.get(); }
  /// -1 is left out. @throws error{system}
  void add(int fd);
  /// The same, until it can be written to. @throws error{system}
  void add_output(int fd);
  /// Before the descriptor is closed; one that is not in it is fine.
  void remove(int fd) noexcept;
  /// Whether a descriptor has something now.
  [[nodiscard]] static bool readable(int fd) noexcept;

private:
  void add(int fd, unsigned events);
  unique_fd epoll_;
};

} // namespace pactor::process
