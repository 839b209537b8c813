#pragma once
// Writing as much as there is.

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace pactor::process {

/// Writes the whole text. @return false if that failed; errno says why
[[nodiscard]] inline bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace pactor::process
