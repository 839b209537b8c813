// Results that come later: ready(), get() and wait().

#include "lesson.hpp"

using namespace std::chrono_literals;

constexpr pactor::job<long(long)> add_ab{"add_ab"};
constexpr pactor::job<double(double)> wait{"wait"}; // keeps its engine busy for so many seconds

int main() {
  return slides::run([] {
    const pactor::client c;
    auto dview = c[pactor::all];
    dview["a"] = 6;
    dview["b"] = 7;
    dview.set_block(false);
    auto ar = dview.apply(add_ab, 27);
    slides::show(ar.ready()); // False, or True on a fast machine
    slides::show(ar.get(), {40, 40, 40, 40});

    const auto slept = dview.apply_async(wait, 0.5); // returns at once
    slides::show(slept.ready(), false);
    slides::show(slept.wait(1ms), false);
    slept.wait();
    slides::show(slept.ready(), true);
    slides::show(slept.get());
    for (const auto seconds : slept.get()) slides::check(seconds >= 0.5, "an engine slept too short");
  });
}
