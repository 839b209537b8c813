#include "tests/support/temporary_directory.hpp"

#include "runtime/files/file_io.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace pactor::test {

temporary_directory::temporary_directory() {
  auto name = (std::filesystem::temp_directory_path() / "pactor-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::system_error{errno, std::generic_category(), name};
  path_ = name;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored; // nothing can be done about it here
  std::filesystem::remove_all(path_, ignored);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const std::filesystem::path& file, const std::string& content) {
  files::make_private_directory(file.parent_path());
  files::replace_file(file, content);
}

} // namespace pactor::test
