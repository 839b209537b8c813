#pragma once
// Engines on this machine: a child process, which dies with this one.

#include "runtime/launchers/launcher.hpp"

namespace pactor::launchers {

class local_launcher final : public launcher {
public:
  /// @pre called in a thread that lives as long as the process
  [[nodiscard]] std::unique_ptr<run> start(const order& what, listener heard) override;
};

} // namespace pactor::launchers
