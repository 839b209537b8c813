// A parallel function divides its arguments among the engines, and puts the results together.

#include "lesson.hpp"

#include <random>

using matrix = pactor::ndarray<double>;

int main() {
  return slides::run([] {
    const pactor::client c;
    matrix a{{640, 48}};
    std::mt19937 generator{1};
    std::uniform_real_distribution<double> between_0_and_1;
    for (auto& x : a) x = between_0_and_1(generator);
    slides::show(a.size(), 30720);

    matrix local = a;
    const auto serial = slides::seconds([&] {
      for (auto& x : local) x *= x;
    });
    std::cout << "serial run time: " << serial << " seconds\n";

    const auto pmul = c[pactor::all].parallel<matrix>("pmul");
    matrix remote;
    const auto parallel = slides::seconds([&] { remote = pmul.sync(a, a); });
    std::cout << "parallel run time: " << parallel << " seconds\n";
    slides::check(remote == local, "pmul(A, A) is not A * A");
  });
}
