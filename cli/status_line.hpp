#pragma once
// A line at the bottom of the terminal that says how far something is, and makes way for what is printed.

#include <mutex>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <string_view>

namespace pactor::cli {

/// Thread-safe. Shows nothing unless standard error is a terminal.
class status_line {
public:
  status_line();
  status_line(const status_line&) = delete;
  status_line& operator=(const status_line&) = delete;
  ~status_line() { clear(); }

  [[nodiscard]] bool visible_at_all() const noexcept { return terminal_; }
  /// In place of the text before, cut to the width of the terminal.
  void show(std::string_view text);
  void clear();
  /// Prints to `out` and flushes it, with no line in the way.
  void print(std::ostream& out, std::string_view text);

private:
  void erase();

  const bool terminal_;
  std::mutex mutex_;
  bool shown_ = false;
};

/// A stream that collects what is printed and hands it to a stream beside a status line when it is flushed.
class line_stream : private std::stringbuf, public std::ostream {
public:
  /// @pre both outlive this
  line_stream(status_line& line, std::ostream& target)
      : std::stringbuf{std::ios_base::out}, std::ostream{static_cast<std::stringbuf*>(this)}, line_{line},
        target_{target} {}
  ~line_stream() override { hand_on(); }
  line_stream(const line_stream&) = delete;
  line_stream& operator=(const line_stream&) = delete;

private:
  int sync() override {
    hand_on();
    return 0;
  }
  void hand_on() {
    const auto text = str();
    str(std::string{});
    if (!text.empty()) line_.print(target_, text);
  }
  status_line& line_;
  std::ostream& target_;
};

} // namespace pactor::cli
