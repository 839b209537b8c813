#include "cli/style.hpp"

#include <cstdlib>
#include <unistd.h>

namespace pactor::cli {

namespace {

std::string_view sequence_of(style how) {
  switch (how) {
  case style::error:
    return "\x1b[31m";
  case style::hint:
    return "\x1b[36m";
  case style::number:
    break;
  }
  return "\x1b[1m";
}

} // namespace

bool colour_wanted(int fd) {
  const char* no = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
  return ::isatty(fd) == 1 && (!no || *no == '\0');
}

std::string styled(style how, std::string_view text, bool colour) {
  if (!colour) return std::string{text};
  return std::string{sequence_of(how)} + std::string{text} + "\x1b[0m";
}

std::string styled_error(style how, std::string_view text) { return styled(how, text, colour_wanted(STDERR_FILENO)); }

} // namespace pactor::cli
