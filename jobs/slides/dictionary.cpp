// A dictionary of variables, pushed as a whole.

#include "lesson.hpp"

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    const pactor::variables number{{"three", 3}, {"ninety", 90}, {"two", 2}, {"one", 1}};
    slides::show(number);
    dview.push(number);
    const auto dict_num = dview.remote<std::tuple<int, int>>("slides.dict_num");
    slides::show(dict_num.sync(), {{1, 90}, {1, 90}, {1, 90}, {1, 90}});
  });
}
