#pragma once
// Files on disk that can be made again: named by what they are made from, checked before they are used, and shared by
// all workers of a host. Whoever makes one holds its lock, and the others wait; a process that dies lets go of it.
//
//   entry/KEY   names a file by its content, and what else it was made from, with sizes and times
//   file/...    the files, named by their content
//   lock/NN     locks, each for many keys
//   work/...    temporary directories, named by host and process

#include "runtime/process/unique_fd.hpp"
#include "runtime/snippets/compiler_process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

/// A file that something was made from, as it was then.
struct source_file {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::int64_t modified = 0; ///< nanoseconds since the epoch

  /// As it is now; a size and time of 0 if there is none.
  static source_file now(const std::filesystem::path& path);
  /// Nothing has changed since.
  [[nodiscard]] bool current() const { return *this == now(path); }
  friend bool operator==(const source_file&, const source_file&) = default;
};

/// A temporary directory; gone with the object.
class work_directory {
public:
  explicit work_directory(std::filesystem::path path) : path_{std::move(path)} {}
  work_directory(const work_directory&) = delete;
  work_directory& operator=(const work_directory&) = delete;
  ~work_directory();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// Writes a file in it, and does not wait for the disk. @return its path @throws error{system}
  std::filesystem::path write(std::string_view name, std::string_view text) const; // NOLINT(modernize-use-nodiscard)

private:
  std::filesystem::path path_;
};

class cache_store {
public:
  /// What is kept for a key.
  struct found {
    std::filesystem::path file;
    std::vector<source_file> sources;
    std::chrono::system_clock::time_point made;
  };

  /// @param limit of all files together, in bytes. Nothing is touched yet.
  cache_store(std::filesystem::path directory, std::uint64_t limit);

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

  /// The file of a key, if it is whole and its sources have not changed. It counts as used.
  [[nodiscard]] std::optional<found> find(const std::string& key) const;
  /// Keeps a file, which is moved, for a key. What was not used for the longest time goes if there is no room.
  /// @throws error{system}
  found put(const std::string& key, const std::filesystem::path& made, const std::vector<source_file>& sources);

  /// Waits until nobody else makes the file of this key. Held until the descriptor is closed.
  /// @throws error{system}, and what `wait` throws
  [[nodiscard]] process::unique_fd lock(const std::string& key, const pause& wait) const;
  /// @throws error{system}
  [[nodiscard]] work_directory work();
  /// Forgets what was found under the key.
  void remove(const std::string& key) const;

private:
  void prepare() const;
  void make_room(const std::filesystem::path& kept) const;
  void remove_empty_entries() const;
  void remove_abandoned_work() const;

  std::filesystem::path directory_;
  std::uint64_t limit_;
  std::uint64_t next_work_ = 0;
};

} // namespace pactor::snippets
