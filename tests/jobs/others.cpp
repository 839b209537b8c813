#include <pactor/job.hpp>

namespace others {

/// There is one in types, too.
double distance(double a, double b) { return a > b ? a - b : b - a; }
PACTOR_JOB(distance)

/// Reads what the other library made: a long of its own.
long count(pactor::context& engine) { return engine.ref<long>("count"); }
PACTOR_JOB(count)

} // namespace others
