#include "cli/shell/line_source.hpp"

#include "runtime/process/system_error.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace pactor::cli::shell {

namespace {

constexpr std::size_t longest_line = std::size_t{1} << 20;

} // namespace

std::optional<std::string> line_source::next() {
  auto searched = at_;
  for (;;) {
    const auto end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = buffer_.substr(at_, end - at_);
      at_ = end + 1;
      return line;
    }
    if (buffer_.size() - at_ > longest_line) throw error{ec::too_large, "a line of more than 1 MiB"};
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    if (end_ || !fill()) break;
  }
  if (signal_ != 0 || buffer_.empty()) return std::nullopt;
  auto rest = std::move(buffer_);
  buffer_.clear();
  return rest;
}

/// @return false if a signal came
bool line_source::fill() {
  std::array<pollfd, 2> p{{{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}}};
  if (::poll(p.data(), p.size(), -1) < 0 && errno != EINTR)
    throw process::system_failure("cannot wait for input", errno);
  if (const auto signal = signals_.take()) {
    signal_ = *signal;
    return false;
  }
  if (p[0].revents == 0) return true;
  std::array<char, 1U << 16> piece; // NOLINT(*-member-init): read() fills it
  const auto n = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (n < 0 && errno != EINTR && errno != EAGAIN) throw process::system_failure("cannot read standard input", errno);
  if (n == 0) end_ = true;
  if (n > 0) buffer_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

} // namespace pactor::cli::shell
