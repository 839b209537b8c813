#include <pactor/job.hpp>

void trivial() {}
PACTOR_JOB(trivial)
