#include "runtime/process/oom_kills.hpp"

#include <fstream>
#include <string>
#include <string_view>

namespace pactor::process {

namespace {

/// The number behind `oom_kill` in a file of such lines.
std::optional<std::uint64_t> counter(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::string name;
  for (std::uint64_t value = 0; in >> name >> value;)
    if (name == "oom_kill") return value;
  return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> oom_kills(const std::filesystem::path& root) {
  std::ifstream groups{root / "proc/self/cgroup"};
  for (std::string line; std::getline(groups, line);) { // `0::/path`, of version 1 `9:memory:/path`
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = std::string_view{line}.substr(first + 1, second - first - 1);
    const auto path = std::filesystem::path{line.substr(second + 1)}.relative_path();
    if (controllers.empty())
      if (const auto n = counter(root / "sys/fs/cgroup" / path / "memory.events")) return n;
    if (controllers == "memory")
      if (const auto n = counter(root / "sys/fs/cgroup/memory" / path / "memory.oom_control")) return n;
  }
  return counter(root / "proc/vmstat");
}

} // namespace pactor::process
