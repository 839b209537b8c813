#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
  // The clusters of these tests are their own; so is the environment.
  for (const auto* name : {"PACTOR_DIR", "PACTOR_PROFILE", "PACTOR_CLUSTER_ID"})
    ::unsetenv(name); // NOLINT(concurrency-mt-unsafe): no thread yet
  // Processes that hide from core dumps hide from a search in /proc, too, unless root searches.
  ::setenv("PACTOR_CORE_DUMPS", "1", 1); // NOLINT(concurrency-mt-unsafe)
  std::signal(SIGPIPE, SIG_IGN);         // as in every program that talks to peers that may go
  doctest::Context context;
  context.applyCommandLine(argc, argv);
  return context.run();
}
