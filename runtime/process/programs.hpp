#pragma once
// Programs of the host, as shells find them.

#include <filesystem>
#include <string_view>

namespace pactor::process {

/// True of a regular file that this user may execute.
[[nodiscard]] bool is_program(const std::filesystem::path& path);

/// The first program of this name in the absolute directories of a search path such as `PATH`; "" if there is none.
[[nodiscard]] std::filesystem::path find_program(std::string_view name, std::string_view search_path);

} // namespace pactor::process
