// The speed-up: a sum and a long loop, on four engines and then here. Give the loop's length as an argument.

#include "lesson.hpp"

#include <cstdlib>
#include <numeric>

int main(int argc, char** argv) {
  return slides::run([&] {
    const long loops = argc > 1 ? std::atol(argv[1]) : 100'000'000;
    const pactor::client c;
    const auto dview = c[pactor::all];
    dview.scatter("x", std::views::iota(0, 32000));
    long sum = 0;
    const auto parallel = slides::seconds([&] {
      dview.apply_sync<void>("slides.sum_slowly", loops); // y = sum(x), and the loop
      const auto y = dview.gather<long>("y");
      sum = std::accumulate(y.begin(), y.end(), 0L);
    });
    slides::show(sum, 511984000);
    std::cout << "parallel run time: " << parallel << " seconds\n";

    const auto xx = std::views::iota(0, 32000);
    const auto serial = slides::seconds([&] {
      for (long i = 0; i < 4 * loops; ++i) asm(""); // which no compiler leaves out
      sum = std::accumulate(xx.begin(), xx.end(), 0L);
    });
    slides::show(sum, 511984000);
    std::cout << "serial run time: " << serial << " seconds, speed-up " << serial / parallel << '\n';
  });
}
