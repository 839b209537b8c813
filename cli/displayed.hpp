#pragma once
// Pictures and files that jobs hand back, as files of the shell's user.

#include "pactor/detail/task_output.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli {

/// The name of a file for a displayed item: that of the job, harmless in any directory and shell, with an extension
/// that fits the media type. Never "", never hidden, no path; at most 100 characters.
[[nodiscard]] std::string file_name_for(std::string_view name, std::string_view media_type);

/// A displayed item that was looked at.
struct saved_item {
  std::size_t task = 0;
  std::string media_type, name;
  std::size_t size = 0;
  std::string file{};  ///< as it was written, in its directory; "" if it was not
  std::string error{}; ///< why not
};

/// Writes each complete item into a new file in `directory`, which is made if it is not there; never over a file that
/// is. Tells each on `log`: `[display:0] saved plot.svg (image/svg+xml, 1.2 kB)`.
[[nodiscard]] std::vector<saved_item> save(const std::vector<displayed_item>& items,
                                           const std::filesystem::path& directory, std::ostream& log);

} // namespace pactor::cli
