// Other jobs on the even engines than on the odd ones.

#include "lesson.hpp"

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    dview["a"] = 6;
    dview["b"] = 7;
    c["::2"].apply_sync<void>("slides.add");       // c = a + b
    c["1::2"].apply_sync<void>("slides.subtract"); // c = a - b
    slides::show(dview.pull<int>("c"), {13, -1, 13, -1});
  });
}
