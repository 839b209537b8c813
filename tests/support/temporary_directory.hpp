#pragma once
// A directory of a test's own.

#include <filesystem>
#include <string>

namespace pactor::test {

/// Removed with all that is in it, also when the test fails.
class temporary_directory {
public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

/// The content of a file; "" if there is none.
[[nodiscard]] std::string content_of(const std::filesystem::path& file);
/// Writes a file that only its owner may read.
void write_file(const std::filesystem::path& file, const std::string& content);

} // namespace pactor::test
