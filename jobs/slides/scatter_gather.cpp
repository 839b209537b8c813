// scatter divides a sequence among the engines, gather puts it together again.

#include "lesson.hpp"

#include <numeric>

using list = std::vector<int>;

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    dview.scatter("c", std::views::iota(0, 28));
    slides::show(
        dview.pull<list>("c"),
        {{0, 1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12, 13}, {14, 15, 16, 17, 18, 19, 20}, {21, 22, 23, 24, 25, 26, 27}});
    list all(28);
    std::iota(all.begin(), all.end(), 0);
    slides::show(dview.gather<int>("c"), all);

    // A number that can not be distributed evenly: the first parts have one more.
    dview.scatter("c", std::views::iota(0, 10));
    slides::show(dview.pull<list>("c"), {{0, 1, 2}, {3, 4, 5}, {6, 7}, {8, 9}});
    slides::show(dview.gather<int>("c"), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  });
}
