#include "cli/results.hpp"

#include "cli/exit_status.hpp"
#include "cli/style.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iostream>

namespace pactor::cli {

namespace {

int status_of_all(const std::vector<entry>& entries) {
  const auto ok = [](const entry& e) { return e.result.has_value(); };
  return code(std::ranges::all_of(entries, ok) ? exit_status::done : exit_status::job_failed);
}

/// Some lines of a stack, indented.
std::string first_frames(std::string_view backtrace) {
  constexpr int shown = 6;
  std::string text;
  for (int i = 0; i < shown && !backtrace.empty(); ++i) {
    const auto end = backtrace.find('\n');
    text += "    at " + std::string{backtrace.substr(0, end)} + '\n';
    backtrace.remove_prefix(end == std::string_view::npos ? backtrace.size() : end + 1);
  }
  return text;
}

/// Those that repeat the one before, as the elements of one lost task do, are counted.
void print_failures(const std::vector<entry>& entries) {
  const failure* last = nullptr;
  std::size_t repeated = 0;
  const auto flush = [&] {
    if (repeated > 0) std::cerr << "  ... and " << repeated << " more times\n";
    repeated = 0;
  };
  for (const auto& e : entries) {
    if (e.result) continue;
    const auto& f = e.result.error();
    if (last && *last == f) {
      ++repeated;
      continue;
    }
    flush();
    std::cerr << styled_error(style::error, std::string{to_string(f.code)} + ':') << ' ' << render(f) << '\n'
              << first_frames(f.backtrace);
    last = &f;
  }
  flush();
}

} // namespace

json describe(const saved_item& item) {
  json j{{"media_type", item.media_type}, {"name", item.name}, {"size", item.size}};
  if (item.error.empty())
    j["file"] = item.file;
  else
    j["error"] = item.error;
  return j;
}

json describe(const failure& f) {
  json j{{"code", to_string(f.code)},
         {"type", f.type},
         {"what", f.what},
         {"job", f.job},
         {"host", f.host},
         {"pid", f.pid}};
  if (f.code == ec::engine_lost) {
    j["signal"] = f.signal;
    j["exit_code"] = f.exit_code;
  }
  if (!f.backtrace.empty()) j["backtrace"] = f.backtrace;
  return j;
}

void call_options::declare(CLI::App& app, setting& around) {
  declare_direct(app, around);
  app.add_flag("-b,--balanced", balanced, "Let the scheduler choose among these engines");
  app.add_option("--limit", limit, "Seconds that a task may run; then it is asked to end, interrupted, killed")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--retries", retries, "With --balanced: how often a task runs again after an error of its own");
  app.add_option("--queue-timeout", queue_timeout, "With --balanced: seconds that a task may wait for an engine")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--priority", priority, "With --balanced: -100 to 100; tasks with a higher one go first");
  app.add_flag("--no-rerun", no_rerun, "With --balanced: a task whose engine is lost fails, and never runs twice");
  app.add_option("--label", label, "A name for the tasks, for people");
  app.add_flag("--progress", progress, "Show how far it is, and what the jobs printed afterwards");
}

void call_options::late(const std::string& job) const {
  throw timeout_error{name_for_users(job) + " is not done after " + json(timeout.count()).dump() + " s; it goes on"};
}

void call_options::declare_waiting(CLI::App& app, setting& around) {
  around_ = &around;
  cluster.declare(app, around);
  app.add_option_function<double>(
         "--timeout", [this](double s) { timeout = seconds{s}; }, "Seconds to wait; the task goes on after that")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--json", as_json, "Print results and failures, or tasks' names, as JSON");
}

void call_options::declare_targets(CLI::App& app) {
  targets = around_->defaults().targets;
  app.add_option("-t,--targets", targets, "Engines: 0, -1, 1,3, 1:3, ::2 or all")->capture_default_str();
}

void call_options::declare_direct(CLI::App& app, setting& around) {
  declare_waiting(app, around);
  declare_targets(app);
  keep = !around.defaults().block;
  app.add_flag("--no-block,--noblock,!--block", keep, "Print the tasks' names and do not wait: see `pactor result`");
  app.add_option("--save", save_to, "Directory for the pictures and files that jobs hand back")->capture_default_str();
}

void call_options::await(const detail::async_result_base& result, detail::deadline until) const {
  using namespace std::chrono_literals;
  attendant meanwhile{
      around_->signals(), result, {.leave = true, .note = [this](int signal) { around_->note_signal(signal); }}};
  while (!result.wait(50ms)) {
    meanwhile.check();
    if (std::chrono::steady_clock::now() >= until && !result.ready()) late(result.job());
  }
}

std::vector<std::string> words_of(const CLI::App& app) {
  auto words = app.remaining();
  std::erase(words, "--");
  for (const auto& word : words)
    if (word.size() > 1 && word[0] == '-' && (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])) != 0))
      throw exit_error{exit_status::usage,
                       "there is no option " + word + " (see: pactor " + app.get_name() + " --help)"};
  return words;
}

int print_lines(const std::vector<entry>& entries) {
  for (const auto& e : entries)
    if (e.result) std::cout << '[' << e.engine << "] " << to_line(to_json(e.result.value())) << '\n';
  print_failures(entries);
  return status_of_all(entries);
}

int print_nothing(const std::vector<entry>& entries) {
  print_failures(entries);
  return status_of_all(entries);
}

int print_list(const std::vector<entry>& entries) {
  auto list = json::array();
  for (const auto& e : entries) list.push_back(e.result ? to_json(e.result.value()) : json{});
  std::cout << to_line(list) << '\n';
  print_failures(entries);
  return status_of_all(entries);
}

int status_with(const std::vector<saved_item>& displayed, int status) {
  const auto whole = std::ranges::all_of(displayed, [](const saved_item& item) { return item.error.empty(); });
  return status == code(exit_status::done) && !whole ? code(exit_status::job_failed) : status;
}

int print_json(const std::vector<entry>& entries) {
  auto list = json::array();
  for (const auto& e : entries) {
    json one{{"engine", e.engine}};
    if (e.result)
      one["result"] = to_json(e.result.value());
    else
      one["error"] = describe(e.result.error());
    for (const auto& item : e.displayed) one["displayed"].push_back(describe(item));
    list.push_back(std::move(one));
  }
  std::cout << to_line(list) << '\n';
  return status_of_all(entries);
}

} // namespace pactor::cli
