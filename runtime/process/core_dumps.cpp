#include "runtime/process/core_dumps.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/prctl.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PACTOR_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PACTOR_SANITIZED
#endif

namespace pactor::process {

void keep_secrets() {
#ifndef PACTOR_SANITIZED
  const char* wanted = std::getenv("PACTOR_CORE_DUMPS"); // NOLINT(concurrency-mt-unsafe): before there are threads
  if (wanted && std::string_view{wanted} == "1") return;
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // exec() undoes it, so that workers can leave dumps
#endif
}

} // namespace pactor::process
