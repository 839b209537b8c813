// push and pull move values between here and the engines.

#include "lesson.hpp"

using both = std::tuple<double, int>;

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    dview.push({{"a", 1.03234}, {"b", 3453}});
    slides::show(dview.pull<double>("a"), {1.03234, 1.03234, 1.03234, 1.03234});
    const both a_b{1.03234, 3453};
    slides::show(dview.pull<double, int>("a", "b"), {a_b, a_b, a_b, a_b});
    slides::show(dview.on(0).pull<int>("b"), 3453);

    // A view is also a dictionary: of all its engines at a time.
    dview["a"] = std::vector<std::string>{"foo", "bar"};
    const auto lists = dview["a"].get<std::vector<std::string>>();
    slides::show(lists, {{"foo", "bar"}, {"foo", "bar"}, {"foo", "bar"}, {"foo", "bar"}});
  });
}
