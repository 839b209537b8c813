#include "runtime/launchers/piped_child.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace pactor::launchers {

void piped_child::start(process::spawn_options options, process::watch_set& watch) {
  close();
  auto out = process::make_pipe(), err = process::make_pipe();
  options.own_group = true;
  options.standard_output = out.write.get();
  options.standard_error = err.write.get();
  child_ = process::spawn(options);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  watch_ = &watch;
  for (const auto* fd : {&out_, &err_}) {
    ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
    watch.add(fd->get());
  }
  watch.add(child_.pidfd());
}

std::optional<process::exit_state> piped_child::poll(const taker& out, const taker& err) {
  const auto state = child_.poll(); // first, so that all of its output is there
  read(out_, out);
  read(err_, err);
  return state;
}

void piped_child::close() noexcept {
  auto* const watch = std::exchange(watch_, nullptr);
  if (!watch) return;
  watch->remove(child_.pidfd());
  for (auto* fd : {&out_, &err_}) {
    if (*fd) watch->remove(fd->get());
    fd->reset();
  }
}

void piped_child::read(process::unique_fd& from, const taker& to) {
  std::array<char, 4096> piece{};
  while (from) {
    const auto size = ::read(from.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0) {
      to({piece.data(), static_cast<std::size_t>(size)});
      continue;
    }
    watch_->remove(from.get());
    from.reset();
  }
}

} // namespace pactor::launchers
