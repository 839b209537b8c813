#include "runtime/process/programs.hpp"

#include <algorithm>
#include <system_error>
#include <unistd.h>

namespace pactor::process {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code none;
  return ::access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path, none);
}

fs::path find_program(std::string_view name, std::string_view search_path) {
  while (!search_path.empty()) {
    const auto end = std::min(search_path.find(':'), search_path.size());
    const fs::path directory{search_path.substr(0, end)};
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
    if (directory.is_absolute() && is_program(directory / name)) return directory / name;
  }
  return {};
}

} // namespace pactor::process
