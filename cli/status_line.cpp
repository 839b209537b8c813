#include "cli/status_line.hpp"

#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace pactor::cli {

namespace {

/// Columns of the terminal.
std::size_t width() {
  constexpr std::size_t usual = 80;
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : usual;
}

} // namespace

status_line::status_line() : terminal_{::isatty(STDERR_FILENO) == 1} {}

void status_line::show(std::string_view text) {
  if (!terminal_) return;
  const std::lock_guard lock{mutex_};
  std::cerr << '\r' << text.substr(0, width() - 1) << "\x1b[K" << std::flush;
  shown_ = true;
}

void status_line::clear() {
  const std::lock_guard lock{mutex_};
  erase();
}

void status_line::print(std::ostream& out, std::string_view text) {
  const std::lock_guard lock{mutex_};
  erase();
  out << text << std::flush;
}

void status_line::erase() {
  if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

} // namespace pactor::cli
