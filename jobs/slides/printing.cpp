// What the slides do with %px: jobs that print, on all engines or some; matrices that stay on the engines.

#include "lesson.hpp"

#include <cmath>

namespace {

/// Prints what a call's jobs printed, `[stdout:0] ...`, which has to be this.
void display(const auto& ar, const std::string& expected) {
  std::ostringstream text;
  ar.wait();
  ar.print_output(text, text);
  std::cout << text.str();
  slides::check(text.str() == expected, "printed " + text.str() + "and not " + expected);
}

} // namespace

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    display(dview.apply_async<void>("slides.say", "Hello world!"),
            "[stdout:0] Hello world!\n[stdout:1] Hello world!\n[stdout:2] Hello world!\n[stdout:3] Hello world!\n");
    display(c["::2"].apply_async<void>("slides.say", "I am even"), "[stdout:0] I am even\n[stdout:2] I am even\n");

    dview.apply_sync<void>("slides.random_matrix"); // a = numpy.random.rand(2, 2)
    const auto printed = dview.apply_async<void>("slides.print_matrix");
    printed.get();
    printed.display_outputs();
    const auto a = dview.pull<pactor::ndarray<double>>("a");
    for (const auto& [engine, values] : dview.apply_async<std::vector<double>>("slides.eigenvalues").get_dict()) {
      std::cout << "Out[" << engine << "]: ";
      slides::show(values);
      const auto& m = a[static_cast<std::size_t>(engine)];
      slides::check(std::abs(values[0] + values[1] - m(0, 0) - m(1, 1)) < 1e-12, "the eigenvalues are no such");
    }
  });
}
