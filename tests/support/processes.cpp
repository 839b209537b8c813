#include "tests/support/processes.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <unistd.h>

namespace pactor::test {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

pid_t parent_of(const std::string& stat) {
  // "pid (name) state parent ...", and the name may hold anything
  const auto fields = split(stat.substr(std::min(stat.rfind(')') + 2, stat.size())), ' ');
  return fields.size() > 1 ? std::stoi(fields[1]) : 0;
}

} // namespace

std::string process_info::part() const {
  if (arguments.empty()) return "";
  const auto program = std::filesystem::path{arguments[0]}.filename().string();
  if (program == "pactor-worker") return "worker";
  return program == "pactor" && arguments.size() > 1 ? arguments[1] : program;
}

std::vector<process_info> processes_of(const std::filesystem::path& pactor_dir) {
  const auto wanted = "PACTOR_DIR=" + pactor_dir.string();
  std::vector<process_info> result;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", gone}) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (fault != std::errc{} || end != name.data() + name.size() || pid == ::getpid()) continue;
    const auto variables = split(content_of(entry.path() / "environ"), '\0');
    if (std::find(variables.begin(), variables.end(), wanted) == variables.end()) continue;
    result.push_back(
        {pid, parent_of(content_of(entry.path() / "stat")), split(content_of(entry.path() / "cmdline"), '\0')});
  }
  return result;
}

std::string describe(const std::vector<process_info>& all) {
  std::string text;
  for (const auto& p : all) text += (text.empty() ? "" : ", ") + p.part() + " " + std::to_string(p.pid);
  return text;
}

void kill_all(const std::filesystem::path& pactor_dir) {
  eventually(std::chrono::seconds{10}, [&] {
    const auto left = processes_of(pactor_dir);
    for (const auto& p : left) ::kill(p.pid, SIGKILL);
    return left.empty();
  });
}

} // namespace pactor::test
