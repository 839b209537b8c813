// Mean and variance of 0 to 27, from partial sums of the engines.

#include "lesson.hpp"

#include <cmath>
#include <numeric>

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    dview.scatter("c", std::views::iota(0, 28));
    const auto local_sum = dview.remote<long>("slides.local_sum");
    const auto local_var_sum = dview.remote<double>("slides.local_var_sum");

    const auto sums = local_sum.sync();
    std::cout << "Partial sum ";
    slides::show(sums, {21, 70, 119, 168});
    const auto sum = std::accumulate(sums.begin(), sums.end(), 0L);
    std::cout << "Global sum ";
    slides::show(sum, 378);
    const auto mean = static_cast<double>(sum) / 28;
    std::cout << "Mean ";
    slides::show(mean, 13.5);

    const auto squares = local_var_sum.sync(mean);
    std::cout << "Partial variance sum ";
    slides::show(squares, {799.75, 113.75, 113.75, 799.75});
    const auto variance = std::accumulate(squares.begin(), squares.end(), 0.0) / 28;
    std::cout << "Variance = ";
    slides::show(variance, 65.25);
    std::cout << "Standard deviation = "; // what the slides print as the variance
    slides::show(std::sqrt(variance), 8.077747210701755);
  });
}
