#include "cli/shell/completion.hpp"

#include "cli/shell/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace pactor::cli::shell {

namespace {

constexpr std::size_t most_files = 10'000;

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, word) != all.end();
}

/// The names that begin with what is typed.
completion fitting(std::vector<std::string> names, std::string_view typed, bool whole = true) {
  std::erase_if(names, [&](const std::string& n) { return !n.starts_with(typed); });
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {std::move(names), typed.size(), whole};
}

completion of_files(std::string_view typed) {
  auto names = files_beginning(std::string{typed});
  const bool directory = names.size() == 1 && names.front().ends_with('/');
  return fitting(std::move(names), typed, !directory);
}

/// The name that the cursor stands behind; "" behind `.` and `->`, where members come, and behind a number.
std::string_view identifier_at_end(std::string_view code) {
  auto begin = code.size();
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(code[begin - 1])) != 0 || code[begin - 1] == '_'))
    --begin;
  const auto word = code.substr(begin);
  const auto before = code.substr(0, begin);
  if (before.ends_with('.') || before.ends_with("->") || before.ends_with("::")) return {};
  return !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) != 0 ? std::string_view{} : word;
}

completion of_code(std::string_view code, const name_sources& from) {
  const auto typed = identifier_at_end(code);
  if (typed.empty()) return {};
  auto names = from.variables();
  for (auto& name : from.identifiers()) names.push_back(std::move(name));
  return fitting(std::move(names), typed, false);
}

completion of_variables(std::string_view typed, const name_sources& from, std::string_view behind) {
  auto names = from.variables();
  for (auto& name : names) name += behind;
  return fitting(std::move(names), typed, behind.empty());
}

/// The word of a command that is no option: the `place`-th.
completion of_word(std::string_view command, std::size_t place, std::string_view line, std::string_view typed,
                   const name_sources& from) {
  if (is_any_of(command, {"px", "time"})) return of_code(line, from);
  if (is_any_of(command, {"apply", "map"})) return place == 0 ? fitting(from.jobs(), typed) : completion{};
  if (is_any_of(command, {"pull", "gather", "scatter"})) return of_variables(typed, from, "");
  if (command == "push") return of_variables(typed, from, "=");
  if (is_any_of(command, {"run", "import"})) return of_files(typed);
  if (command == "targets") return fitting(from.targets(), typed);
  if (is_any_of(command, {"result", "pxresult", "abort"})) return fitting(from.tasks(), typed);
  if (command == "help") return fitting(from.commands(), typed);
  if (command == "engines" && place == 0) return fitting({"restart", "signal", "stop"}, typed);
  return {};
}

completion of_command(std::string_view line, const name_sources& from) {
  auto rest = line.substr(std::min(line.find_first_not_of('%'), line.size()));
  const auto end = rest.find_first_of(" \t");
  if (end == std::string_view::npos) return fitting(from.commands(), rest);
  const auto command = rest.substr(0, end);
  const auto typed = rest.substr(rest.find_last_of(" \t") + 1);
  std::string_view before;
  std::size_t place = 0;
  rest.remove_suffix(typed.size());
  for (auto words = trimmed(rest.substr(end)); !words.empty();) {
    before = take_word(words);
    if (!before.starts_with('-')) ++place;
  }
  if (typed.starts_with('-')) return fitting(from.options(std::string{command}), typed);
  if (is_any_of(before, {"-t", "--targets"})) return fitting(from.targets(), typed);
  if (is_any_of(before, {"-f", "--file", "--save", "--jobs", "--config"})) return of_files(typed);
  if (before == "--group-outputs") return fitting({"type", "engine", "order"}, typed);
  return of_word(command, place, line, typed, from);
}

} // namespace

completion complete(std::string_view line, line_kind kind, const name_sources& from) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto command = kind == line_kind::command || (kind == line_kind::any && line.starts_with('%'));
  return command ? of_command(line, from) : of_code(line, from);
}

std::vector<std::string> files_beginning(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto directory = slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
  const auto beginning = path.substr(directory.size());
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at{directory.empty() ? "." : directory, failed}, end;
       !failed && at != end && names.size() < most_files; at.increment(failed)) {
    auto name = at->path().filename().string();
    if (!name.starts_with(beginning) || (beginning.empty() && name.starts_with('.'))) continue;
    std::error_code unknown;
    names.push_back(directory + name + (at->is_directory(unknown) ? "/" : ""));
  }
  return names;
}

std::string common_beginning(const std::vector<std::string>& names) {
  std::string_view common = names.front();
  for (const auto& name : names)
    common = common.substr(0, static_cast<std::size_t>(std::ranges::mismatch(common, name).in1 - common.begin()));
  // Not in the middle of a character.
  auto size = common.size();
  const auto continues = [&](std::size_t i) {
    return i < names.front().size() && (static_cast<unsigned char>(names.front()[i]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && continues(size)) --size;
  return std::string{common.substr(0, size)};
}

} // namespace pactor::cli::shell
