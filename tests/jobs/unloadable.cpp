#include <pactor/job.hpp>

int defined_nowhere(int x);

int needs_it(int x) { return defined_nowhere(x); }
PACTOR_JOB(needs_it)
