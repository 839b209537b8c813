// Needs a library that hosts do not have.
#include <pactor/job.hpp>

int absent();

int needy() { return absent(); }
PACTOR_JOB(needy)
