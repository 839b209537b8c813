// A load-balanced view leaves the choice of the engine to the scheduler; the calls are the same.

#include "lesson.hpp"

#include <numeric>

constexpr pactor::job<double(double)> times40{"slides.times40"}; // 10.0 * x * 4

namespace {

/// Calls, adds up what came, and prints how long it took.
void measure(const char* name, const auto& call, double expected) {
  double sum = 0;
  const auto time = slides::seconds([&] {
    const auto results = call();
    sum = std::accumulate(results.begin(), results.end(), 0.0);
  });
  std::cout << name << " run time: " << time << " seconds\n";
  slides::show(sum, expected);
}

} // namespace

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto lview = c.load_balanced_view();
    const auto dview = c[pactor::all];
    const auto range = std::views::iota(0, 3200);
    measure(
        "load balance", [&] { return lview.map_sync<long>("identity", range); }, 5118400);
    measure(
        "direct view", [&] { return dview.map_sync<long>("identity", range); }, 5118400);

    const auto lf = lview.parallel(times40);
    const auto df = dview.parallel(times40);
    measure(
        "load balance", [&] { return lf.map_sync(std::views::iota(0, 32)); }, 19840);
    measure(
        "direct view", [&] { return df.map_sync(std::views::iota(0, 32)); }, 19840);
  });
}
