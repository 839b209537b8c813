// apply: a job on every engine, which reads the engine's variables a and b; and the targets of a view.

#include "lesson.hpp"

constexpr pactor::job<long(long)> add_ab{"add_ab"}; // a + b + x

int main() {
  return slides::run([] {
    const pactor::client c;
    auto dview = c[pactor::all];
    dview["a"] = 6;
    dview["b"] = 7;

    // A view does not block at first: no results yet, but a handle of them.
    std::cout << dview.apply(add_ab, 27) << '\n';
    dview.set_block(true);
    slides::show(dview.apply(add_ab, 27).get(), {40, 40, 40, 40});

    slides::show(dview.targets(), {0, 1, 2, 3});
    const auto dview2 = c[pactor::slice(1, 3)];
    slides::show(dview2.targets(), {1, 2});
  });
}
