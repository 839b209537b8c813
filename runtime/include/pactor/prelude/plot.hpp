#pragma once
// Plots, drawn as SVG by libpactor_prelude and handed to whoever runs the snippet.

#include "pactor/prelude/array_like.hpp"
#include "pactor/prelude/current.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::prelude {

/// How a plot looks: plot(x, y, {.title = "Waves", .x_label = "time"}). C++ wants them in this order.
struct plot_options {
  std::string label = {}; ///< of the only line; with several each has its own
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  int bins = 10;                 ///< of hist()
  int width = 720;               ///< pixels, 200 to 4000
  int height = 440;              ///< the same
  std::string name = "plot.svg"; ///< under which the picture is saved
};

/// Numbers that belong together in a plot.
struct series {
  enum class kind { line, points, bars };

  /// @param xs, ys of equal length; elements that are nan or infinite leave a gap
  template <pactor::detail::array_like X, pactor::detail::array_like Y>
  series(const X& xs, const Y& ys, std::string name = {}, kind k = kind::line)
      : x(std::ranges::begin(xs), std::ranges::end(xs)),
        y(std::ranges::begin(ys), std::ranges::end(ys)), label{std::move(name)}, drawn_as{k} {}

  std::vector<double> x, y;
  std::string label;
  kind drawn_as = kind::line;
};

struct figure {
  std::vector<series> all;
  plot_options options = {};
  std::vector<std::string> names = {}; ///< of the bars at x = 0, 1, ...; numbers if there are none
  double bar_width = 0.8;              ///< of the distance between bars
};

/// The picture. Lines of a great many points are thinned out to what can be seen.
/// @throws error{invalid_argument} if x and y of a series are of unequal length, naming both and the series
[[nodiscard]] PACTOR_PRELUDE_API std::string svg(const figure& f);

/// Hands the picture to whoever runs the snippet. @throws error{invalid_argument} outside of one, as here() does
PACTOR_PRELUDE_API void show(const figure& f);

/// Draws a line through the points.
template <pactor::detail::array_like X, pactor::detail::array_like Y>
void plot(const X& x, const Y& y, const plot_options& options = {}) {
  show({{series{x, y, options.label}}, options});
}
/// Over 0, 1, 2, ...
template <pactor::detail::array_like Y>
void plot(const Y& y, const plot_options& options = {}) {
  std::vector<double> x(pactor::detail::length(y));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  plot(x, y, options);
}
/// Several lines: plot({{x, sin(x), "sin"}, {x, cos(x), "cos"}}).
PACTOR_PRELUDE_API void plot(std::vector<series> lines, const plot_options& options = {});

template <pactor::detail::array_like X, pactor::detail::array_like Y>
void scatter_plot(const X& x, const Y& y, const plot_options& options = {}) {
  show({{series{x, y, options.label, series::kind::points}}, options});
}

/// A bar for each height.
template <pactor::detail::array_like X, pactor::detail::array_like Y>
void bar(const X& x, const Y& heights, const plot_options& options = {}) {
  show({{series{x, heights, options.label, series::kind::bars}}, options});
}
PACTOR_PRELUDE_API figure named_bars(std::vector<std::string> names, std::vector<double> heights,
                                     const plot_options& options);
/// A bar with a name each: bar({"a", "b"}, {1, 2}).
PACTOR_PRELUDE_API void bar(std::vector<std::string> names, std::vector<double> heights,
                            const plot_options& options = {});

/// How many of the numbers are in each of `options.bins` intervals of equal width.
PACTOR_PRELUDE_API figure histogram(std::vector<double> numbers, const plot_options& options);
template <pactor::detail::array_like R>
void hist(const R& numbers, const plot_options& options = {}) {
  show(histogram({std::ranges::begin(numbers), std::ranges::end(numbers)}, options));
}

} // namespace pactor::prelude
