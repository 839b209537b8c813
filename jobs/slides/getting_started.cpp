// Getting started: a client, the engines' numbers, and a first call. Start the engines with `pactor start -n 4`.

#include "lesson.hpp"

constexpr pactor::job<std::string()> hello{"hello"};

int main() {
  return slides::run([] {
    const pactor::client c;
    slides::show(c.ids(), {0, 1, 2, 3});

    // Without targets a view means all engines, as they are at the time of a call.
    slides::show(c[pactor::all].apply_sync(hello), {"Hello World!", "Hello World!", "Hello World!", "Hello World!"});
  });
}
