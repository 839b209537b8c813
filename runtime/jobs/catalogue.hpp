#pragma once
// Which job is where: the jobs of several libraries by name.

#include "pactor/job_info.hpp"
#include "runtime/jobs/library.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pactor::jobs {

/// Finds texts by views of them.
struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
template <class T>
using text_map = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

class catalogue {
public:
  struct entry {
    job_info info;
    std::string alias;
    std::filesystem::path path; ///< of the library
  };

  /// Adds the jobs of a library; one that is there already is left as it is. Libraries with one file name are builds of
  /// one library: the one that was added last takes the place of the others.
  /// @throws error{bad_library} as read_library(); nothing was changed
  void add(const std::filesystem::path& library);
  /// Forgets the jobs of every build of a library, by its file name.
  void remove(const std::string& file_name);

  /// The job of this name, or `stats/local_sum`: that of the library libstats.so. Null if there is none.
  /// @throws error{bad_library} if several libraries define it and the name does not say which; the message names them
  [[nodiscard]] const entry* find(std::string_view name) const;

  /// All jobs, sorted by name; those of one name in the order in which their libraries were added.
  [[nodiscard]] std::vector<job_info> jobs() const;
  /// Every name once, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  using definitions = std::vector<std::unique_ptr<entry>>; // of one name, in the order in which they were added
  static const entry* of_library(const definitions& all, std::string_view stem);
  static const entry& only(const definitions& all, std::string_view name);

  std::vector<std::filesystem::path> libraries_;
  text_map<definitions> jobs_;
};

} // namespace pactor::jobs
