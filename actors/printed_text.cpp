#include "actors/printed_text.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pactor {

namespace {

constexpr std::size_t most_kept = 1024;
constexpr std::size_t chunk = std::size_t{256} << 10;
constexpr std::size_t most_left = std::size_t{1} << 20; // the largest pipe

} // namespace

namespace {

bool is_pipe(const process::unique_fd& fd) {
  struct stat info {};
  return fd && ::fstat(fd.get(), &info) == 0 && S_ISFIFO(info.st_mode);
}

} // namespace

void printed_text::add_trace(process::unique_fd fd) {
  if (is_pipe(fd)) trace_ = std::move(fd);
}

std::string printed_text::take_trace() {
  constexpr std::size_t most = std::size_t{64} << 10;
  const auto pipe = std::exchange(trace_, {});
  if (!pipe) return {};
  ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
  std::string text(most, '\0');
  const auto n = ::read(pipe.get(), text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

void printed_text::restart() {
  trace_.reset();
  for (auto& p : pipes_) p.reset();
  forget();
}

void printed_text::add_pipe(const wire::record& r, process::unique_fd fd) {
  if (!is_pipe(fd)) return;
  pipes_.at((r.flags & wire::error_stream) != 0 ? 1 : 0) = std::move(fd);
}

void printed_text::note(const wire::record& r, std::string_view text) {
  if ((r.flags & wire::error_stream) == 0) return;
  if (text.size() > most_kept) text.remove_prefix(text.size() - most_kept);
  last_errors_ += text;
  if (last_errors_.size() > 4 * most_kept) last_errors_.erase(0, last_errors_.size() - most_kept);
}

void printed_text::drain(const std::function<void(const wire::record&, std::string_view)>& f) {
  std::vector<char> buffer;
  for (std::size_t i = 0; i < pipes_.size(); ++i) {
    const auto pipe = std::exchange(pipes_.at(i), {});
    // What there is now, and no more: a process that the worker started may still write.
    int there = 0;
    if (!pipe || ::ioctl(pipe.get(), FIONREAD, &there) != 0 || there <= 0) continue;
    ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
    buffer.resize(chunk);
    for (auto left = std::min(static_cast<std::size_t>(there), most_left); left > 0;) {
      const auto n = ::read(pipe.get(), buffer.data(), std::min(left, buffer.size()));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      left -= static_cast<std::size_t>(n);
      wire::record r;
      r.kind = static_cast<std::uint16_t>(wire::record_kind::output);
      r.flags = wire::stream_flags(i == 1);
      r.size = static_cast<std::uint32_t>(n);
      f(r, {buffer.data(), static_cast<std::size_t>(n)});
    }
  }
}

std::string printed_text::last_errors() const {
  std::string_view text{last_errors_};
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text.size() > most_kept) {
    text.remove_prefix(text.size() - most_kept);
    if (const auto line = text.find('\n'); line != std::string_view::npos) text.remove_prefix(line + 1);
  }
  return std::string{text};
}

} // namespace pactor
