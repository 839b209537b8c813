#pragma once
// Whole files, read and replaced.

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace pactor::files {

/// Replaces a file in one step: readers see the old content or the new one, never a part, and at no moment with other
/// permissions than `mode`. On the disk when this returns.
/// @throws error{system}
void replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode = 0600);

/// @throws error{system}
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// The content of a file that holds a secret. @throws error{system} if it cannot be read, error{configuration} if
/// others than its owner may read or change it, or if it belongs to someone else
[[nodiscard]] std::string read_private_file(const std::filesystem::path& path);

/// Makes a directory, and those above it, that only this user can enter. One that is there and is this user's own gets
/// the same permissions. @throws error{system}, error{configuration} if it belongs to someone else
void make_private_directory(const std::filesystem::path& path);

/// True if a file is there. @throws error{system} if that cannot be told
[[nodiscard]] bool file_exists(const std::filesystem::path& path);
/// Removes a file; that it is not there is fine. @throws error{system}
void remove_file(const std::filesystem::path& path);

} // namespace pactor::files
