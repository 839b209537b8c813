// Synchronisation: get() waits for the slowest engine.

#include "lesson.hpp"

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    for (int i = 0; i < 4; ++i) c[i].push("myrank", i);
    const auto eng_wait = dview.remote<int>("slides.eng_wait");
    const auto ar = eng_wait(0.2); // the engine of rank 3 needs three times that
    slides::show(ar.ready(), false);
    slides::show(ar.get(), {0, 1, 2, 3}); // later ...
    ar.wait();
    slides::show(ar.ready(), true);
    slides::show(dview.pull<int>("a"), {0, 1, 2, 3});
  });
}
