// What tasks printed, for people.

#include "pactor/detail/submission.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>

namespace pactor::detail {

namespace {

std::string prefix(text_stream s, int engine) {
  return "[" + std::string{to_string(s)} + ":" + std::to_string(engine) + "]";
}

/// What a terminal would show of a line: a carriage return starts it anew, as progress bars do.
std::string_view shown(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto last = line.rfind('\r');
  return last == std::string_view::npos ? line : line.substr(last + 1);
}

/// `[stdout:0] text`, or the lines of a longer text below that.
void print_block(std::ostream& out, const std::string& head, std::string_view text) {
  const auto end = text.find_last_not_of("\n\r ");
  if (end == std::string_view::npos) return;
  text = text.substr(0, end + 1);
  const bool single = text.find('\n') == std::string_view::npos;
  out << head << (single ? " " : "\n");
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    out << shown(line) << '\n';
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

/// Prints whole lines as they come, each with its engine.
class line_printer {
public:
  line_printer(std::ostream& out, std::ostream& err) : out_{out}, err_{err} {}
  void print(const printed& p) {
    auto& line = lines_[{p.task, p.stream}];
    line.engine = p.engine;
    std::string_view text{p.text};
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      line.text += text.substr(0, end);
      put(p.stream, line);
      text.remove_prefix(end + 1);
    }
    line.text += text;
    if (line.text.size() > longest_line) put(p.stream, line);
  }
  void flush() {
    out_.flush();
    err_.flush();
  }
  /// Also prints lines that were not ended.
  void finish() {
    for (auto& [key, line] : lines_)
      if (!line.text.empty()) put(key.second, line);
    flush();
  }

private:
  static constexpr std::size_t longest_line = std::size_t{64} << 10;
  struct open_line {
    int engine = -1;
    std::string text{};
  };
  void put(text_stream s, open_line& line) {
    (s == text_stream::out ? out_ : err_) << prefix(s, line.engine) << ' ' << shown(line.text) << '\n';
    line.text.clear();
  }
  std::ostream& out_;
  std::ostream& err_;
  std::map<std::pair<std::size_t, text_stream>, open_line> lines_;
};

} // namespace

std::vector<std::string> async_result_base::texts(text_stream s) const {
  const auto& tasks = *state_->tasks;
  std::vector<std::string> all(tasks.size());
  tasks.with_outputs([&](const task_outputs& said) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = said.text(i, s);
  });
  return all;
}

void async_result_base::print_output(std::ostream& out, std::ostream& err, output_order order) const {
  const auto texts_out = texts(text_stream::out);
  const auto texts_err = texts(text_stream::err);
  std::vector<int> engines(texts_out.size(), -1);
  state_->tasks->with_outputs([&](const task_outputs& said) {
    for (std::size_t i = 0; i < engines.size(); ++i) engines[i] = said.engine(i);
  });
  std::vector<std::size_t> tasks(texts_out.size());
  std::iota(tasks.begin(), tasks.end(), std::size_t{0});
  if (order == output_order::engine) std::ranges::stable_sort(tasks, {}, [&](std::size_t i) { return engines[i]; });
  const auto print = [&](text_stream s, std::size_t i) {
    print_block(s == text_stream::out ? out : err, prefix(s, engines[i]),
                s == text_stream::out ? texts_out[i] : texts_err[i]);
  };
  if (order == output_order::type) {
    for (const auto i : tasks) print(text_stream::out, i);
    for (const auto i : tasks) print(text_stream::err, i);
  } else {
    for (const auto i : tasks) {
      print(text_stream::out, i);
      print(text_stream::err, i);
    }
  }
  out.flush();
  err.flush();
}

void async_result_base::display_outputs(output_order order) const { print_output(std::cout, std::cerr, order); }

bool async_result_base::stream_until(std::ostream& out, std::ostream& err, deadline until) const {
  const auto& tasks = *state_->tasks;
  const auto listener = tasks.listen();
  line_printer printer{out, err};
  for (bool ready = false, in_time = true;;) {
    // What is said before an outcome is here before it: after the last one, once more is enough.
    ready = tasks.ready();
    const auto news = in_time && !ready ? tasks.wait_output(*listener, until, in_time) : tasks.take_output(*listener);
    for (const auto& p : news) printer.print(p);
    printer.flush();
    if (ready || !in_time) break;
  }
  printer.finish();
  return tasks.ready();
}

void async_result_base::stream_output(std::ostream& out, std::ostream& err) const {
  stream_until(out, err, deadline::max());
}

bool async_result_base::stream_output(std::ostream& out, std::ostream& err, seconds timeout) const {
  return stream_until(out, err, after(timeout));
}

} // namespace pactor::detail
