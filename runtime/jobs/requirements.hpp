#pragma once
// Whether a host has what a library needs, told by the host's own dynamic loader, which only looks: nothing of the
// library is run.

#include "pactor/job_info.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::jobs {

/// What the loader's list (that of `ldd`) says is missing, in words: `needs libfoo.so.3, not found on host B`;
/// "" if nothing is.
/// @param library  the path that the loader was given
[[nodiscard]] std::string unmet_needs(std::string_view list, const std::filesystem::path& library,
                                      std::string_view host);

/// The jobs of a library that could be loaded on this host.
/// @param scratch  a directory to write into
/// @throws error{bad_library} with the library's file name and what is in the way: as read_library(), or what it needs
/// and is not here
[[nodiscard]] std::vector<job_info> inspect(const std::filesystem::path& library, std::string_view host,
                                            const std::filesystem::path& scratch);

} // namespace pactor::jobs
