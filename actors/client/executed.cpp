#include "pactor/executed.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"

namespace pactor::detail {

std::string read_code(const std::filesystem::path& file) {
  constexpr std::size_t limit = std::size_t{1} << 20;
  auto code = files::read_file(file);
  if (code.size() > limit)
    throw error{ec::too_large, file.string() + " is " + std::to_string(code.size()) +
                                   " bytes long; code to execute has at most 1 MiB: make it a job library"};
  return code;
}

} // namespace pactor::detail
