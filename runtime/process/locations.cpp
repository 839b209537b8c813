#include "runtime/process/locations.hpp"

#include "pactor/error.hpp"

#include <system_error>
#include <unistd.h>

namespace pactor::process {

namespace fs = std::filesystem;

fs::path executable_path() {
  std::error_code failed;
  auto path = fs::read_symlink("/proc/self/exe", failed);
  if (failed) throw error{ec::system, "cannot tell where this program lies: " + failed.message()};
  return path;
}

fs::path executable_dir() { return executable_path().parent_path(); }

fs::path find_worker() { return find_worker(executable_dir()); }

fs::path find_worker(const fs::path& bin) {
  auto path = bin.parent_path() / "libexec/pactor/pactor-worker";
  if (::access(path.c_str(), X_OK) != 0)
    throw error{ec::system, "the worker program is not at " + path.string() +
                                "; pactor's bin and libexec directories must stay side by side"};
  return path;
}

std::vector<fs::path> default_job_directories(const fs::path& profile_jobs) {
  return default_job_directories(profile_jobs, executable_dir());
}

std::vector<fs::path> default_job_directories(const fs::path& profile_jobs, const fs::path& bin) {
  std::vector<fs::path> result;
  for (const auto& directory : {bin.parent_path() / "lib/pactor/jobs", profile_jobs}) {
    std::error_code absent;
    if (fs::is_directory(directory, absent)) result.push_back(directory);
  }
  return result;
}

fs::path include_directory(const fs::path& worker) {
  return worker.parent_path().parent_path().parent_path() / PACTOR_INCLUDE_DIRECTORY;
}

fs::path prelude_library(const fs::path& worker) {
  const auto root = worker.parent_path().parent_path().parent_path();
  for (const auto* directory : {"lib", PACTOR_LIBRARY_DIRECTORY}) {
    auto path = root / directory / "libpactor_prelude.so";
    std::error_code absent;
    if (fs::exists(path, absent)) return path;
  }
  return {};
}

} // namespace pactor::process
