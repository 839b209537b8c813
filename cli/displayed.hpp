#pragma once
// Pictures and files that jobs hand back, as files of the shell's user.

#include "pactor/detail/task_output.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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

/// What one call displays, each item saved once, however often the call is looked at.
class saved_items {
public:
  explicit saved_items(std::filesystem::path directory) : directory_{std::move(directory)} {}

  /// Saves what is new, as save() does. @param items all so far @param ended what is not whole now will never be
  void update(const std::vector<displayed_item>& items, bool ended, std::ostream& log);
  [[nodiscard]] const std::vector<saved_item>& all() const noexcept { return all_; }

private:
  std::filesystem::path directory_;
  std::set<std::pair<std::size_t, std::size_t>> known_; ///< task, and place among what it displayed
  std::vector<saved_item> all_;
};

} // namespace pactor::cli
