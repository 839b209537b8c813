#pragma once
// What jobs a library has, read from its file without running anything of it.

#include "pactor/job_info.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pactor::jobs {

/// A job and where its entry is.
struct listed_job {
  job_info info;
  std::string alias; ///< name of the exported symbol that points to the entry
};

/// The jobs of a library, sorted by name, with their entries' symbols.
/// @throws error{bad_library} naming the file and what is wrong with it: it is missing, no ELF file, no shared
/// library, made for another machine, cut short, without jobs, of another job-ABI version, or has two jobs of one name
std::vector<listed_job> read_library(const std::filesystem::path& path);

/// The jobs of a library, sorted by name. @throws as read_library()
std::vector<job_info> list_library(const std::filesystem::path& path);

/// The `*.so` files of these directories, in the directories' order and sorted by name within each. Directories that
/// do not exist have none; a file that several directories lead to is named once.
std::vector<std::filesystem::path> find_libraries(std::span<const std::filesystem::path> directories);

/// `stats` for `/x/libstats.so`: how a call names the library in `stats/local_sum`.
std::string library_stem(const std::filesystem::path& path);

} // namespace pactor::jobs
