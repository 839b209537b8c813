#include "cli/attendant.hpp"

#include "actors/client/progress.hpp"
#include "cli/exit_status.hpp"

#include <array>
#include <iostream>
#include <poll.h>

namespace pactor::cli {

attendant::attendant(process::shutdown_signals& signals, const detail::async_result_base& result, options o)
    : signals_{signals}, result_{result}, options_{o}, thread_{[this](const std::stop_token& stop) { run(stop); }} {}

void attendant::run(const std::stop_token& stop) {
  constexpr int between_looks_ms = 200;
  const std::stop_callback wake{stop, [this] { wake_.write.reset(); }}; // so that nobody waits for this thread
  std::array<pollfd, 2> p{{{signals_.fd(), POLLIN, 0}, {wake_.read.get(), POLLIN, 0}}};
  while (!stop.stop_requested()) {
    ::poll(p.data(), p.size(), line_.visible_at_all() ? between_looks_ms : -1);
    if (stop.stop_requested()) return;
    if (const auto signal = signals_.take()) interrupt(*signal);
    if (result_.elapsed() > options_.progress_after && !result_.ready()) show_progress();
  }
}

void attendant::interrupt(int signal) {
  signal_ = signal;
  const auto now = std::chrono::steady_clock::now();
  const bool first = interrupts_++ == 0 || now - last_interrupt_ > options_.kill_window;
  last_interrupt_ = now;
  if (options_.leave) return;
  line_.clear();
  const auto again = options_.kill_window == no_limit ? "once more to kill" : "once more at once to kill";
  std::cerr << (first ? std::string{"interrupting; "} + again + '\n' : "killing\n");
  try {
    if (!result_.ready()) result_.cancel(first ? end_how::interrupt : end_how::kill);
  } catch (const error&) { // it has just ended, or the connection has
  }
}

void attendant::show_progress() {
  line_.show(detail::progress_line(
      {result_.job(), result_.progress(), result_.size(), result_.elapsed(), result_.failed_so_far()}));
}

void attendant::check() const {
  if (interrupted()) throw exit_error{exit_status::interrupted, "interrupted"};
}

} // namespace pactor::cli
