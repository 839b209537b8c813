// Sets a variable of the process's environment when its code runs first.

#include <pactor/job.hpp>

#include <cstdlib>

namespace {
struct trace {
  trace() { ::setenv("PACTOR_TEST_TRACER_RAN", "1", 1); } // NOLINT(concurrency-mt-unsafe)
};
const trace at_load;
} // namespace

int traced() { return 1; }
PACTOR_JOB(traced)
