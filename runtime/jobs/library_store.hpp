#pragma once
// Job libraries on disk, by their content: those that clients sent. One directory serves every process of this user on
// the host, so that a library comes to a host once.
//
//   HASH/libNAME.so   the library; the directory is locked (shared) by whoever may still load it
//   incoming/...      what is not complete yet
//
// What nobody holds goes when there is no room, what was not used for the longest time first.

#include "runtime/process/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::jobs {

/// A library by its content.
struct library_name {
  std::string file; ///< its file name: `libnum.so`. Libraries of one file name are builds of one library
  std::string hash; ///< SHA-256 of the content, 64 hexadecimal digits
  std::uint64_t size = 0;

  friend bool operator==(const library_name&, const library_name&) = default;
};

/// `libnum.so` and the beginning of its hash: for people.
[[nodiscard]] std::string short_name(const library_name& l);

/// What is wrong with a name that came from elsewhere; nothing if it may become a file's.
[[nodiscard]] std::optional<std::string> fault_of(const library_name& l);

/// SHA-256 of a part after the other.
class content_hash {
public:
  content_hash();
  content_hash(content_hash&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}
  content_hash& operator=(content_hash&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  content_hash(const content_hash&) = delete;
  content_hash& operator=(const content_hash&) = delete;
  ~content_hash();
  void add(const void* data, std::size_t size);
  /// 64 hexadecimal digits. Call once.
  [[nodiscard]] std::string hex();

private:
  void* state_;
};

/// Name, hash and size of a file. @throws error{bad_library} saying what it is instead of a regular file
[[nodiscard]] library_name name_of_file(const std::filesystem::path& file);

/// A library that is there, and stays as long as this lives.
struct stored_library {
  std::filesystem::path path;
  process::unique_fd held;
};

class library_store {
public:
  /// @param limit of all libraries together, in bytes. Nothing is touched yet.
  library_store(std::filesystem::path directory, std::uint64_t limit)
      : directory_{std::move(directory)}, limit_{limit} {}

  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

  /// A library that is there, whole by its hash; one that is damaged is removed.
  [[nodiscard]] std::optional<stored_library> find(const library_name& l) const;

  /// A library on its way in. What is not finished leaves nothing behind.
  class incoming {
  public:
    incoming(incoming&& other) noexcept = default;
    incoming& operator=(incoming&& other) = delete;
    ~incoming();
    [[nodiscard]] const library_name& name() const noexcept { return name_; }
    /// Bytes that are here; the next part begins there.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] bool complete() const noexcept { return size_ == name_.size; }
    /// @throws error{bad_payload} for a part that is not the next one, or too long; error{system}
    void add(std::uint64_t offset, const void* data, std::size_t size);

  private:
    friend class library_store;
    incoming(library_name name, std::filesystem::path draft, process::unique_fd fd)
        : name_{std::move(name)}, draft_{std::move(draft)}, fd_{std::move(fd)} {}
    library_name name_;
    std::filesystem::path draft_;
    process::unique_fd fd_;
    content_hash hash_;
    std::uint64_t size_ = 0;
  };
  /// Makes room for it. @pre fault_of(l) is nothing
  /// @throws error{system} if there is none: what others hold fills the limit
  [[nodiscard]] incoming receive(const library_name& l) const;
  /// @throws error{bad_library} if it is not what its name says, error{system}
  [[nodiscard]] stored_library finish(incoming&& in) const;

private:
  void prepare() const;
  void make_room(const library_name& l) const;

  std::filesystem::path directory_;
  std::uint64_t limit_;
};

} // namespace pactor::jobs
