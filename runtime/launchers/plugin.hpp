#pragma once
// A user's own launcher, in a shared library: see pactor/launcher_abi.h.

#include "runtime/launchers/launcher.hpp"

#include <filesystem>
#include <memory>

struct pactor_launcher;

namespace pactor::launchers {

class plugin_launcher final : public launcher {
public:
  /// Loads it; it stays until the process ends. @throws error{configuration} if it is no launcher's library
  explicit plugin_launcher(const std::filesystem::path& path);
  [[nodiscard]] std::unique_ptr<run> start(const order& what, listener heard) override;

private:
  std::filesystem::path path_;
  const ::pactor_launcher* functions_ = nullptr;
};

} // namespace pactor::launchers
