#include <pactor/job.hpp>
#include <pactor/prelude.hpp>

using namespace pactor::prelude;

/// Draws a parabola. @return about the area below it
double parabola(pactor::context& context, int points) {
  use_context current{context};
  const auto x = linspace(0, 1, points);
  plot(x, x * x, {.title = "Parabola", .name = "parabola.svg"});
  return mean(x * x) * det(eye(2));
}
PACTOR_JOB(parabola)
