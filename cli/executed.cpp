#include "cli/executed.hpp"

#include "cli/exit_status.hpp"
#include "cli/style.hpp"
#include "runtime/core/targets.hpp"

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace pactor::cli {

namespace {

int status_of(const std::vector<execution>& all) {
  const auto ok = [](const execution& e) { return e.result.has_value(); };
  return code(std::ranges::all_of(all, ok) ? exit_status::done : exit_status::job_failed);
}

/// One line behind its head, several below it.
void print_block(std::ostream& out, const std::string& head, std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  out << head << (text.find('\n') == std::string_view::npos ? ' ' : '\n') << text << '\n';
}

void print_text(const execution& e, bool standard_error) {
  const auto& text = standard_error ? e.err : e.out;
  if (text.empty()) return;
  print_block(standard_error ? std::cerr : std::cout,
              (standard_error ? "[stderr:" : "[stdout:") + std::to_string(e.engine) + "]", text);
}

void print_result(const execution& e) {
  if (!e.result || !e.result.value().has_result) return;
  const auto& x = e.result.value();
  const auto head = "Out[" + std::to_string(e.engine) + ":" + std::to_string(x.count) + "]:";
  // As it stands: a matrix has its own lines.
  std::cout << styled(style::number, head, colour_wanted(STDOUT_FILENO)) << ' ' << x.text << '\n';
}

/// What several engines say in the same words: of code that does not compile, all.
bool same_words(const failure& a, const failure& b) {
  return a.code == b.code && a.code == ec::compile_error && a.what == b.what;
}

void print_compile_error(const failure& f, std::vector<int> engines) {
  std::ranges::sort(engines);
  const auto head = engines.size() == 1 ? "[engine " : "[engines ";
  std::cerr << styled_error(style::error, head + core::engine_list(engines) + "]") << '\n'
            << f.what << (f.what.ends_with('\n') ? "" : "\n");
}

int print_failures(const std::vector<execution>& all) {
  std::vector<bool> said(all.size());
  std::vector<entry> others;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].result || said[i]) continue;
    const auto& f = all[i].result.error();
    if (f.code != ec::compile_error) {
      others.push_back({all[i].engine, result_or_failure<value>{f}});
      continue;
    }
    std::vector<int> engines;
    for (auto j = i; j < all.size(); ++j) {
      if (all[j].result || !same_words(f, all[j].result.error())) continue;
      said[j] = true;
      engines.push_back(all[j].engine);
    }
    print_compile_error(f, std::move(engines));
  }
  print_nothing(others);
  return status_of(all);
}

} // namespace

int print_executions(std::vector<execution> all, grouping g) {
  std::cout << std::flush;
  if (g == grouping::engine) std::ranges::stable_sort(all, {}, &execution::engine);
  if (g == grouping::type) {
    for (const auto& e : all) print_text(e, false);
    for (const auto& e : all) print_text(e, true);
    for (const auto& e : all) print_result(e);
  } else {
    for (const auto& e : all) {
      print_text(e, false);
      print_text(e, true);
      print_result(e);
    }
  }
  std::cout << std::flush;
  return print_failures(all);
}

int print_executions_json(const std::vector<execution>& all) {
  auto list = json::array();
  for (const auto& e : all) {
    json one{{"engine", e.engine}};
    if (e.result) {
      const auto& x = e.result.value();
      one["count"] = x.count;
      if (x.has_result) {
        one["result"] = to_json(x.result);
        one["text"] = x.text;
        one["type"] = x.type;
      }
    } else {
      one["error"] = describe(e.result.error());
    }
    if (!e.out.empty()) one["stdout"] = e.out;
    if (!e.err.empty()) one["stderr"] = e.err;
    for (const auto& item : e.displayed) one["displayed"].push_back(describe(item));
    list.push_back(std::move(one));
  }
  std::cout << to_line(list) << '\n';
  return status_of(all);
}

} // namespace pactor::cli
