#pragma once
// Where the parts of pactor lie, seen from the running program: the same in the build tree and in an installed prefix.

#include <filesystem>
#include <vector>

namespace pactor::process {

/// The running program. @throws error{system}
[[nodiscard]] std::filesystem::path executable_path();
/// The directory of the running program. @throws error{system}
[[nodiscard]] std::filesystem::path executable_dir();

/// `libexec/pactor/pactor-worker` beside `bin`. @throws error{system} saying where it was looked for
[[nodiscard]] std::filesystem::path find_worker();
/// The same for a program in `bin`.
[[nodiscard]] std::filesystem::path find_worker(const std::filesystem::path& bin);

/// The job libraries that come with pactor: `lib/pactor/jobs` beside `bin` if it is there, and the profile's `jobs`.
[[nodiscard]] std::vector<std::filesystem::path> default_job_directories(const std::filesystem::path& profile_jobs);
/// The same for a program in `bin`.
[[nodiscard]] std::vector<std::filesystem::path> default_job_directories(const std::filesystem::path& profile_jobs,
                                                                         const std::filesystem::path& bin);

/// The directory with pactor's headers, seen from the worker program: `include` beside `libexec`.
[[nodiscard]] std::filesystem::path include_directory(const std::filesystem::path& worker);
/// The shared library that goes with pactor/prelude.hpp, seen from there: in `lib` beside `libexec`, or where the
/// system has its libraries; "" if there is none.
[[nodiscard]] std::filesystem::path prelude_library(const std::filesystem::path& worker);

} // namespace pactor::process
