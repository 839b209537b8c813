#pragma once
// What the C library has buffered of a stream and not yet written. Only glibc is known to work so; it has these names
// in its public headers, and gdb, perl and emacs rely on them as well.

#include <cstddef>
#include <cstdio>
#include <stdio_ext.h>
#include <string_view>

namespace pactor::worker {

/// Async-signal-safe.
[[nodiscard]] inline std::string_view buffered(const std::FILE* stream) noexcept {
  const auto* first = stream->_IO_write_base;
  const auto* last = stream->_IO_write_ptr;
  return last > first ? std::string_view{first, static_cast<std::size_t>(last - first)} : std::string_view{};
}

/// A stream that no other thread writes to while this lives, unless one did already: nobody is waited for.
class stream_hold {
public:
  explicit stream_hold(std::FILE* stream) noexcept : stream_{::ftrylockfile(stream) == 0 ? stream : nullptr} {}
  stream_hold(const stream_hold&) = delete;
  stream_hold& operator=(const stream_hold&) = delete;
  ~stream_hold() {
    if (stream_) ::funlockfile(stream_);
  }
  /// Calls f(text) with what is buffered, and forgets it: unlike fflush() this never blocks. Wide streams are left
  /// alone, as is one that is not held.
  template <class F>
  void take(F&& f) {
    if (!stream_ || stream_->_mode > 0) return;
    if (const auto text = buffered(stream_); !text.empty()) {
      f(text);
      ::__fpurge(stream_);
    }
  }

private:
  std::FILE* stream_;
};

} // namespace pactor::worker
