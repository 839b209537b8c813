#include "runtime/launchers/launcher.hpp"

#include "pactor/error.hpp"
#include "runtime/launchers/batch.hpp"
#include "runtime/launchers/local.hpp"
#include "runtime/launchers/mpi.hpp"
#include "runtime/launchers/part.hpp"
#include "runtime/launchers/plugin.hpp"
#include "runtime/launchers/ssh.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pactor::launchers {
namespace {

constexpr std::size_t longest_line = 4000; // what is longer is cut into such pieces

bool needs_no_quotes(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view{"_-./:=,@%+"}.find(c) != std::string_view::npos;
}

/// `2026-11-23T02:56:52.123Z [node] info: text`
struct log_line {
  log_level level = log_level::info;
  std::string_view text;
};

log_line taken_apart(std::string_view line) {
  const auto bracket = line.find(" ["), after = line.find("] ");
  const auto colon = after == std::string_view::npos ? after : line.find(": ", after);
  if (bracket != std::string_view{"2026-11-23T02:56:52.123Z"}.size() || colon == std::string_view::npos)
    return {log_level::info, line};
  const auto level = parse_log_level(line.substr(after + 2, colon - after - 2));
  return level ? log_line{*level, line.substr(colon + 2)} : log_line{log_level::info, line};
}

} // namespace

std::unique_ptr<launcher> make_launcher(const std::string& kind) {
  if (kind == "local") return std::make_unique<local_launcher>();
  if (kind == "ssh") return std::make_unique<ssh_launcher>();
  if (kind == "mpi") return std::make_unique<mpi_launcher>();
  if (kind == "slurm") return std::make_unique<batch_launcher>(slurm());
  if (kind == "pbs") return std::make_unique<batch_launcher>(pbs());
  if (kind.find('/') != std::string::npos) return std::make_unique<plugin_launcher>(kind);
  throw error{ec::configuration, "there is no launcher \"" + kind + "\""};
}

std::vector<std::string> node_arguments(const order& what, std::span<const int> ids) {
  std::vector<std::string> result{"node"};
  result.insert(result.end(), what.arguments.begin(), what.arguments.end());
  result.push_back("--launched");
  // Several nodes of one entry may be on several hosts, and go by their own names.
  if (!what.host.name.empty() && ids.size() == what.ids.size()) result.push_back("--name=" + what.host.name);
  result.push_back("-n" + std::to_string(ids.size()));
  std::string numbers;
  for (const auto id : ids) numbers += (numbers.empty() ? "" : ",") + std::to_string(id);
  result.push_back("--ids=" + numbers);
  for (const auto& one : what.host.jobs) result.push_back("--jobs=" + one);
  // The engines of a node that has only a part of them keep the cores that they would have had among all.
  const auto& cores = what.host.cores;
  for (std::size_t i = 0; i < ids.size() && !cores.empty(); ++i) {
    const auto at = std::find(what.ids.begin(), what.ids.end(), ids[i]) - what.ids.begin();
    result.push_back("--cores=" + cores[static_cast<std::size_t>(at) % cores.size()]);
  }
  return result;
}

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), needs_no_quotes)) return std::string{text};
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += R"('\'')";
    else
      result += c;
  }
  return result + "'";
}

std::string shell_words(std::span<const std::string> words) {
  std::string result;
  for (const auto& one : words) result += (result.empty() ? "" : " ") + shell_word(one);
  return result;
}

void line_splitter::take(std::string_view piece) {
  for (;;) {
    const auto end = piece.find('\n');
    open_ += piece.substr(0, end);
    if (end == std::string_view::npos) break;
    line(open_);
    open_.clear();
    piece.remove_prefix(end + 1);
  }
  for (; open_.size() > longest_line; open_.erase(0, longest_line))
    line(std::string_view{open_}.substr(0, longest_line));
}

void line_splitter::end() {
  if (!open_.empty()) line(std::exchange(open_, {}));
}

void line_splitter::line(std::string_view text) {
  while (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return;
  last_ += (last_.empty() ? "" : "\n") + std::string{text};
  if (last_.size() > last_bytes) last_.erase(0, last_.size() - last_bytes);
  const auto [level, said] = taken_apart(text);
  if (heard_) heard_(level, said);
}

} // namespace pactor::launchers
