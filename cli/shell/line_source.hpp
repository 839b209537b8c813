#pragma once
// Lines from standard input that nobody types.

#include "runtime/process/signals.hpp"

#include <optional>
#include <string>

namespace pactor::cli::shell {

/// Reads standard input line by line, and sees signals meanwhile.
class line_source {
public:
  /// @pre signals outlive this
  explicit line_source(process::shutdown_signals& signals) : signals_{signals} {}

  /// Waits for the next line; the last one may have no end. @return nothing at the end of input, or for a signal
  /// @throws error{system}, error{too_large} for a line of more than 1 MiB
  std::optional<std::string> next();
  /// The signal that came in place of a line; 0 if none did.
  [[nodiscard]] int signal() const noexcept { return signal_; }

private:
  bool fill();

  process::shutdown_signals& signals_;
  std::string buffer_;
  std::size_t at_ = 0; ///< of the next line in it
  bool end_ = false;
  int signal_ = 0;
};

} // namespace pactor::cli::shell
