// Plots as SVG: axes, grid, legend, and the data in as few points as look the same.

#include "pactor/prelude/plot.hpp"
#include "runtime/prelude/axis.hpp"
#include "runtime/prelude/picture_text.hpp"
#include "runtime/prelude/thinning.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace pactor::prelude {

namespace {

namespace lib = prelude_library;

constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a63d2", "#7f7f7f"};

constexpr std::string_view style =
    "<style>text{font:12px 'DejaVu Sans',Helvetica,Arial,sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}"
    ".name{font-size:13px}.back{fill:#fff}.grid{stroke:#e4e4e4}.frame{fill:none;stroke:#888}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.back{fill:#1e1e1e}.grid{stroke:#383838}}</style>\n";

std::string number(double v) {
  std::array<char, 400> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), v, std::chars_format::fixed, 1).ptr;
  std::string s{text.data(), end};
  if (s.ends_with(".0")) s.resize(s.size() - 2);
  return s == "-0" ? "0" : s;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text, std::string_view more = {}) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string{anchor} + "\"" +
         std::string{more} + ">" + lib::escaped(text) + "</text>\n";
}

struct extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  [[nodiscard]] bool empty() const { return !(low <= high); }
};

class picture {
public:
  explicit picture(const figure& f)
      : f_{f}, width_{static_cast<double>(std::clamp(f.options.width, 200, 4000))}, height_{static_cast<double>(
                                                                                        std::clamp(f.options.height,
                                                                                                   200, 4000))} {}

  std::string draw() {
    measure();
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width_) + "\" height=\"" + number(height_) +
           "\" viewBox=\"0 0 " + number(width_) + " " + number(height_) + "\">\n";
    out_ += style;
    out_ += "<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n";
    draw_axes();
    for (std::size_t i = 0; i < f_.all.size(); ++i) draw_series(f_.all[i], colours[i % colours.size()]);
    draw_texts();
    draw_legend();
    return out_ + "</svg>\n";
  }

private:
  /// Calls f with each point that can be shown.
  template <class F>
  static void each_point(const series& s, F&& f) {
    for (std::size_t i = 0; i < s.x.size(); ++i)
      if (std::isfinite(s.x[i]) && std::isfinite(s.y[i])) f(s.x[i], s.y[i]);
  }

  /// The least distance between two bars; 1 if there is but one.
  static double bar_distance(const series& s) {
    std::vector<double> x;
    each_point(s, [&x](double at, double) { x.push_back(at); });
    std::sort(x.begin(), x.end());
    auto distance = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i < x.size(); ++i)
      if (x[i] > x[i - 1]) distance = std::min(distance, x[i] - x[i - 1]);
    return std::isfinite(distance) ? distance : 1;
  }

  /// Where everything is.
  void measure() {
    extent xs, ys;
    bool bars = false;
    for (const auto& s : f_.all) {
      const auto is_bars = s.drawn_as == series::kind::bars;
      const auto around = is_bars ? bar_distance(s) / 2 : 0;
      each_point(s, [&](double x, double y) {
        xs.add(x - around);
        xs.add(x + around);
        ys.add(y);
        if (is_bars) ys.add(0);
      });
      bars = bars || is_bars;
    }
    empty_ = xs.empty() || ys.empty();
    if (empty_) xs = ys = {0, 1};
    const auto& o = f_.options;
    const auto top = o.title.empty() ? 18.0 : 42.0, bottom = height_ - (o.x_label.empty() ? 34 : 54);
    y_ = lib::make_axis(ys.low, ys.high, std::max(2, static_cast<int>((bottom - top) / 55)), bars ? 0 : 0.05);
    if (bars && y_.ticks.size() > 1) { // bars stand on the axis, and have air above
      constexpr auto largest = std::numeric_limits<double>::max();
      const auto air = (y_.high / 2 - y_.low / 2) * 0.1;
      if (ys.high > 0) y_.high = std::min(y_.high + air, largest);
      if (ys.low < 0) y_.low = std::max(y_.low - air, -largest);
    }
    y_texts_ = lib::tick_texts(y_);
    double widest = 0;
    for (const auto& text : y_texts_) widest = std::max(widest, lib::width_of(text));
    const auto left = 20 + widest + (o.y_label.empty() ? 0 : 22);
    x_ = lib::make_axis(xs.low, xs.high, std::max(2, static_cast<int>((width_ - left) / 90)), bars ? 0 : 0.02);
    x_.first = left;
    x_.length = std::max(width_ - 20 - left, 20.0);
    y_.first = bottom;
    y_.length = -std::max(bottom - top, 20.0);
    x_texts_ = lib::tick_texts(x_);
    if (!f_.names.empty()) name_bars();
  }

  void name_bars() {
    x_.ticks.clear();
    x_texts_ = f_.names;
    const auto each = x_.length / static_cast<double>(f_.names.size());
    const auto room = static_cast<std::size_t>(std::max(each / lib::letter_width, 3.0));
    for (std::size_t i = 0; i < f_.names.size(); ++i) {
      x_.ticks.push_back(static_cast<double>(i));
      x_texts_[i] = lib::shortened(x_texts_[i], room);
    }
  }

  void draw_axes() {
    const auto right = x_.first + x_.length, top = y_.first + y_.length;
    std::string lines;
    if (f_.names.empty())
      for (const auto tick : x_.ticks)
        lines += "M" + number(x_.place(tick)) + " " + number(top) + "V" + number(y_.first);
    for (const auto tick : y_.ticks)
      lines += "M" + number(x_.first) + " " + number(y_.place(tick)) + "H" + number(right);
    out_ += "<path class=\"grid\" d=\"" + lines + "\"/>\n";
    for (std::size_t i = 0; i < x_.ticks.size(); ++i)
      out_ += text_at(x_.place(x_.ticks[i]), y_.first + 18, "middle", x_texts_[i]);
    for (std::size_t i = 0; i < y_.ticks.size(); ++i)
      out_ += text_at(x_.first - 8, y_.place(y_.ticks[i]) + 4, "end", y_texts_[i]);
    out_ += "<rect class=\"frame\" x=\"" + number(x_.first) + "\" y=\"" + number(top) + "\" width=\"" +
            number(x_.length) + "\" height=\"" + number(-y_.length) + "\"/>\n";
  }

  void draw_texts() {
    const auto& o = f_.options;
    const auto middle = x_.first + x_.length / 2, centre = y_.first + y_.length / 2;
    if (!o.title.empty()) out_ += text_at(middle, 26, "middle", o.title, " class=\"title\"");
    if (!o.x_label.empty()) out_ += text_at(middle, height_ - 12, "middle", o.x_label, " class=\"name\"");
    if (!o.y_label.empty())
      out_ += text_at(18, centre, "middle", o.y_label,
                      " class=\"name\" transform=\"rotate(-90 18 " + number(centre) + ")\"");
    if (empty_) out_ += text_at(middle, centre, "middle", "no data", " class=\"name\"");
  }

  void draw_series(const series& s, std::string_view colour) {
    if (s.drawn_as == series::kind::bars) return draw_bars(s, colour);
    if (s.drawn_as == series::kind::points) return draw_points(s, colour);
    std::vector<lib::pixel> part;
    std::string lines, dots;
    const auto finish = [&] {
      const auto thin = lib::thin_line(part);
      part.clear();
      if (thin.size() == 1) dots += "M" + number(thin[0].x) + " " + number(thin[0].y) + "h0";
      if (thin.size() < 2) return;
      for (std::size_t i = 0; i < thin.size(); ++i)
        lines += (i == 0 ? "M" : i == 1 ? "L" : " ") + number(thin[i].x) + " " + number(thin[i].y);
    };
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (std::isfinite(s.x[i]) && std::isfinite(s.y[i]))
        part.push_back({x_.place(s.x[i]), y_.place(s.y[i])});
      else
        finish();
    }
    finish();
    const std::string stroke = "\" fill=\"none\" stroke=\"" + std::string{colour} + "\" stroke-linecap=\"round\" ";
    if (!lines.empty()) out_ += "<path d=\"" + lines + stroke + "stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n";
    if (!dots.empty()) out_ += "<path d=\"" + dots + stroke + "stroke-width=\"6\"/>\n";
  }

  void draw_points(const series& s, std::string_view colour) {
    std::vector<lib::pixel> all;
    each_point(s, [&](double x, double y) { all.push_back({x_.place(x), y_.place(y)}); });
    const auto size = all.size() > lib::drawn_in_full ? "2.5" : all.size() > 500 ? "4" : "6";
    std::string dots;
    for (const auto& p : lib::thin_points(all)) dots += "M" + number(p.x) + " " + number(p.y) + "h0";
    if (!dots.empty())
      out_ += "<path d=\"" + dots + "\" fill=\"none\" stroke=\"" + std::string{colour} +
              "\" stroke-linecap=\"round\" stroke-opacity=\"0.75\" stroke-width=\"" + size + "\"/>\n";
  }

  void draw_bars(const series& s, std::string_view colour) {
    const auto half = bar_distance(s) * f_.bar_width / 2, foot = y_.place(std::clamp(0.0, y_.low, y_.high));
    std::vector<lib::pixel> tops;
    each_point(s, [&](double x, double y) { tops.push_back({x_.place(x), y_.place(y)}); });
    std::stable_sort(tops.begin(), tops.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    const auto wide = std::max(2 * half / (x_.high - x_.low) * x_.length, 0.5);
    std::string bars;
    for (const auto& p : lib::thin_line(tops))
      bars += "M" + number(p.x - wide / 2) + " " + number(foot) + "V" + number(p.y) + "h" + number(wide) + "V" +
              number(foot) + "z";
    if (!bars.empty())
      out_ +=
          "<path d=\"" + bars + "\" fill=\"" + std::string{colour} + "\" fill-opacity=\"0.85\"" +
          (f_.bar_width == 1 ? " class=\"back\" style=\"fill:" + std::string{colour} + ";stroke:#fff;stroke-width:0.7\""
                             : "") +
          "/>\n";
  }

  /// Where a box of this size hides the fewest points.
  [[nodiscard]] lib::pixel emptiest_corner(double wide, double tall) const {
    const auto right = x_.first + x_.length - wide - 8, top = y_.first + y_.length + 8;
    const std::array<lib::pixel, 4> corners{
        {{right, top}, {x_.first + 8, top}, {right, y_.first - tall - 8}, {x_.first + 8, y_.first - tall - 8}}};
    std::array<std::size_t, 4> hidden{};
    for (const auto& s : f_.all)
      each_point(s, [&](double vx, double vy) {
        const auto x = x_.place(vx), y = y_.place(vy);
        for (std::size_t i = 0; i < corners.size(); ++i)
          if (x >= corners[i].x && x <= corners[i].x + wide && y >= corners[i].y && y <= corners[i].y + tall)
            ++hidden[i];
      });
    return corners[static_cast<std::size_t>(std::min_element(hidden.begin(), hidden.end()) - hidden.begin())];
  }

  void draw_legend() {
    std::vector<std::size_t> named;
    double widest = 0;
    for (std::size_t i = 0; i < f_.all.size() && named.size() < 20; ++i)
      if (!f_.all[i].label.empty()) {
        named.push_back(i);
        widest = std::max(widest, lib::width_of(f_.all[i].label));
      }
    if (named.empty()) return;
    const auto wide = std::min(widest + 46, x_.length), tall = 20 * static_cast<double>(named.size()) + 8;
    const auto room = static_cast<std::size_t>(std::max((wide - 46) / lib::letter_width, 3.0));
    const auto [x, y] = emptiest_corner(wide, tall);
    out_ += "<rect class=\"back\" fill-opacity=\"0.85\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" +
            number(wide) + "\" height=\"" + number(tall) + "\" rx=\"4\" stroke=\"#888\" stroke-opacity=\"0.4\"/>\n";
    for (std::size_t k = 0; k < named.size(); ++k) {
      const auto line = y + 18 + 20 * static_cast<double>(k);
      out_ += "<path d=\"M" + number(x + 10) + " " + number(line - 4) + "h18\" stroke=\"" +
              colours[named[k] % colours.size()] + "\" stroke-width=\"3\"/>\n" +
              text_at(x + 36, line, "start", lib::shortened(f_.all[named[k]].label, room));
    }
  }

  const figure& f_;
  double width_, height_;
  lib::axis x_, y_;
  std::vector<std::string> x_texts_, y_texts_;
  bool empty_ = false;
  std::string out_;
};

} // namespace

std::string svg(const figure& f) {
  for (const auto& s : f.all)
    if (s.x.size() != s.y.size())
      throw error{ec::invalid_argument, "plot" + (s.label.empty() ? "" : " of " + s.label) + ": x has " +
                                            std::to_string(s.x.size()) + " elements and y " +
                                            std::to_string(s.y.size())};
  return picture{f}.draw();
}

figure named_bars(std::vector<std::string> names, std::vector<double> heights, const plot_options& options) {
  if (names.size() != heights.size())
    throw error{ec::invalid_argument,
                "bar: " + std::to_string(names.size()) + " names and " + std::to_string(heights.size()) + " heights"};
  std::vector<double> x(heights.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  return {{series{x, std::move(heights), options.label, series::kind::bars}}, options, std::move(names)};
}

figure histogram(std::vector<double> numbers, const plot_options& options) {
  if (options.bins < 1 || options.bins > 100'000)
    throw error{ec::invalid_argument, "hist: " + std::to_string(options.bins) + " bins; 1 to 100000 are possible"};
  std::erase_if(numbers, [](double v) { return !std::isfinite(v); });
  const auto bins = static_cast<std::size_t>(options.bins);
  std::vector<double> x, counts;
  if (!numbers.empty()) {
    auto low = *std::min_element(numbers.begin(), numbers.end());
    auto high = *std::max_element(numbers.begin(), numbers.end());
    if (low == high) {
      const auto around = std::max(0.5, std::abs(low) * 1e-6);
      low -= around;
      high += around;
    }
    const auto width = high / static_cast<double>(bins) - low / static_cast<double>(bins);
    x.resize(bins);
    counts.resize(bins);
    for (std::size_t i = 0; i < bins; ++i) x[i] = low + width * (static_cast<double>(i) + 0.5);
    for (const auto v : numbers) {
      const auto part = (v / 2 - low / 2) / (high / 2 - low / 2);
      ++counts[std::min(static_cast<std::size_t>(part * static_cast<double>(bins)), bins - 1)];
    }
  }
  return {{series{x, counts, options.label, series::kind::bars}}, options, {}, 1};
}

void show(const figure& f) { here().display("image/svg+xml", svg(f), f.options.name); }

void plot(std::vector<series> lines, const plot_options& options) { show({std::move(lines), options}); }

void bar(std::vector<std::string> names, std::vector<double> heights, const plot_options& options) {
  show(named_bars(std::move(names), std::move(heights), options));
}

} // namespace pactor::prelude
