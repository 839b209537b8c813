#include "pactor/executed.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/snippets/limits.hpp"

namespace pactor::detail {

std::string read_code(const std::filesystem::path& file) {
  auto code = files::read_file(file);
  if (code.size() > snippets::longest_snippet)
    throw error{ec::too_large, file.string() + " is " + std::to_string(code.size()) +
                                   " bytes long; code to execute has at most 1 MiB: make it a job library"};
  return code;
}

} // namespace pactor::detail
