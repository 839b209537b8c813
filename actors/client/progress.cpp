#include "actors/client/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace pactor::detail {

namespace {

std::string number(const char* format, double x) {
  char text[32];
  std::snprintf(text, sizeof text, format, x);
  return text;
}

} // namespace

std::string span_text(seconds s) {
  const auto t = std::max(s.count(), 0.0);
  if (t < 9.95) return number("%.1f s", t);
  const auto whole = std::lround(std::min(t, 1e15));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string progress_line(const progress& p) {
  constexpr std::size_t width = 20;
  const auto part = p.all == 0 ? 1.0 : static_cast<double>(p.done) / static_cast<double>(p.all);
  const auto filled = static_cast<std::size_t>(part * width);
  // 100 % only when it is all of it.
  auto line = p.job + ": " + number("%3.0f", std::min(part * 100, p.done < p.all ? 99.0 : 100.0)) + "% [" +
              std::string(filled, '#') + std::string(width - filled, ' ') + "] " + std::to_string(p.done) + '/' +
              std::to_string(p.all);
  const auto rate = p.elapsed.count() > 0 ? static_cast<double>(p.done) / p.elapsed.count() : 0.0;
  if (rate > 0) line += ", " + number(rate < 100 ? "%.1f/s" : "%.0f/s", rate);
  if (p.done >= p.all)
    line += ", " + span_text(p.elapsed);
  else if (rate > 0)
    line += ", " + span_text(seconds{static_cast<double>(p.all - p.done) / rate}) + " left";
  return p.failed ? line + ", with failures" : line;
}

bool async_result_base::wait_interactive(const progress_options& options) const {
  auto& out = options.out ? *options.out : std::cerr;
  const bool terminal = options.terminal ? *options.terminal : ::isatty(STDERR_FILENO) == 1;
  const auto until = after(options.timeout);
  auto next_line = std::chrono::steady_clock::now();
  std::size_t shown = 0;
  const auto show = [&](bool last) {
    const auto line = progress_line({job(), progress(), size(), elapsed(), failed_so_far()});
    if (terminal)
      out << '\r' << line << "\x1b[K" << (last ? "\n" : "") << std::flush;
    else
      out << line << std::endl;
  };
  const auto interval = std::max(options.interval, seconds{0.01});
  for (;;) {
    const auto done = state_->tasks->wait_until(std::min(after(interval), until));
    const auto now = std::chrono::steady_clock::now();
    if (done || now >= until) {
      show(true);
      return done;
    }
    if (terminal) {
      show(false);
    } else if (now >= next_line && progress() != shown) {
      shown = progress();
      next_line = after(options.line_interval);
      show(false);
    }
  }
}

} // namespace pactor::detail
