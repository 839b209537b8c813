#include "cli/attendant.hpp"

#include "actors/client/progress.hpp"
#include "cli/exit_status.hpp"
#include "runtime/process/child.hpp"

#include <array>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <string_view>
#include <utility>

namespace pactor::cli {

namespace {

/// What a kill takes, where the connection is alive.
constexpr seconds kill_limit{2};

} // namespace

std::string name_for_users(const std::string& job) {
  constexpr std::string_view builtin = "pactor.";
  if (!job.starts_with(builtin)) return job;
  const auto name = job.substr(builtin.size());
  if (name == "execute") return "px";
  return name == "names" ? "who" : name;
}

attendant::attendant(process::shutdown_signals& signals, const detail::async_result_base& result, options o)
    : signals_{signals}, result_{result}, options_{std::move(o)}, thread_{[this](const std::stop_token& stop) {
        run(stop);
      }} {}

void attendant::run(const std::stop_token& stop) {
  constexpr int between_looks_ms = 200;
  const std::stop_callback wake{stop, [this] { wake_.write.reset(); }}; // so that nobody waits for this thread
  std::array<pollfd, 2> p{{{signals_.fd(), POLLIN, 0}, {wake_.read.get(), POLLIN, 0}}};
  while (!stop.stop_requested()) {
    ::poll(p.data(), p.size(), line_.visible_at_all() ? between_looks_ms : -1);
    if (stop.stop_requested()) return;
    if (const auto signal = signals_.take()) take(*signal);
    if (result_.elapsed() > options_.progress_after && !result_.ready()) show_progress();
  }
}

void attendant::take(int signal) {
  if (signal_ != 0 && signal_ != SIGINT) return; // the end has begun
  signal_ = signal;
  if (options_.note) options_.note(signal);
  if (options_.leave) return;
  line_.clear();
  if (signal == SIGINT) {
    interrupt();
    return;
  }
  end_tasks(end_how::kill);
  if (!result_.wait(kill_limit) && options_.abandon) options_.abandon();
}

void attendant::interrupt() {
  const auto now = std::chrono::steady_clock::now();
  const bool first = !std::exchange(interrupted_before_, true) || now - last_interrupt_ > options_.kill_window;
  last_interrupt_ = now;
  const auto again = options_.kill_window == no_limit ? "once more to kill" : "once more at once to kill";
  std::cerr << (first ? std::string{"interrupting; "} + again + '\n' : "killing\n");
  end_tasks(first ? end_how::interrupt : end_how::kill);
}

void attendant::end_tasks(end_how how) {
  try {
    if (!result_.ready()) result_.cancel(how);
  } catch (const error&) { // it has just ended, or the connection has
  }
}

void attendant::show_progress() {
  line_.show(detail::progress_line(
      {name_for_users(result_.job()), result_.progress(), result_.size(), result_.elapsed(), result_.failed_so_far()}));
}

void attendant::check() const {
  const int signal = signal_;
  if (signal == SIGINT) throw exit_error{exit_status::interrupted, "interrupted"};
  if (signal != 0) throw exit_error{ended_by(signal), "ended by " + process::signal_words(signal)};
}

} // namespace pactor::cli
