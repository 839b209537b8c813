#include "pactor/prelude.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <limits>

using namespace pactor::prelude;
using std::string;
using std::vector;

namespace {

bool holds(const string& text, std::string_view part) { return text.find(part) != string::npos; }

std::size_t how_often(const string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

std::size_t bars_in(const string& picture) { return how_often(picture, "zM") + how_often(picture, "z\""); }

/// The points of the first path that is drawn in a series' colour, in pixels, and where its parts begin.
struct drawn {
  vector<double> x, y;
  vector<std::size_t> parts;
};
drawn drawn_in(const string& picture) {
  drawn all;
  const auto style = picture.find("\" fill=\"none\" stroke=\"#");
  if (style == string::npos) return all;
  const auto begin = picture.rfind("d=\"", style) + 3;
  const char* at = picture.c_str() + begin;
  while (at < picture.c_str() + style) {
    if (*at == 'M') all.parts.push_back(all.x.size());
    if (*at == 'M' || *at == 'L' || *at == ' ') ++at;
    if (*at == 'h') break; // a dot
    char* end = nullptr;
    all.x.push_back(std::strtod(at, &end));
    all.y.push_back(std::strtod(end, &end));
    at = end;
  }
  return all;
}
drawn line_of(const vector<double>& x, const vector<double>& y) { return drawn_in(svg({{series{x, y}}})); }

struct shown {
  string type, name, data;
};

/// A host that keeps what is displayed.
pactor_host host_of(shown& to) {
  pactor_host host{};
  host.size = sizeof host;
  host.engine = 3;
  host.speaker = &to;
  host.publish = [](void*, const char*, std::size_t, const char*, std::size_t) -> std::int32_t { return PACTOR_SAID; };
  host.display = [](void* state, const char* type, std::size_t type_size, const char* name, std::size_t name_size,
                    const char* data, std::size_t size) -> std::int32_t {
    *static_cast<shown*>(state) = {string{type, type_size}, string{name, name_size}, string{data, size}};
    return PACTOR_SAID;
  };
  return host;
}

} // namespace

TEST_SUITE_BEGIN("prelude");

TEST_CASE("a plot reaches whoever runs the snippet, by its name") {
  shown picture;
  const auto host = host_of(picture);
  pactor::context c{host};
  {
    use_context within{c};
    CHECK(engine() == 3);
    const auto x = linspace(0, 20, 1000);
    pylab.plot(x, sin(x));
    CHECK(picture.type == "image/svg+xml");
    CHECK(picture.name == "plot.svg");
    CHECK(picture.data.starts_with("<svg"));
    plot(x, {.title = "A & B", .x_label = "time", .name = "other.svg"});
    CHECK(picture.name == "other.svg");
    CHECK(holds(picture.data, "A &amp; B"));
    CHECK(holds(picture.data, ">time<"));
    plot({{x, sin(x), "sin"}, {x, cos(x), "cos"}}, {.y_label = "value"});
    CHECK(holds(picture.data, ">sin<"));
    CHECK(holds(picture.data, ">cos<"));
    hist(randn(1000), {.bins = 20});
    CHECK(bars_in(picture.data) == 20); // a bar each
    bar({"one", "two"}, {1, 2});
    CHECK(holds(picture.data, ">two<"));
    CHECK(bars_in(picture.data) == 2);
    bar(vector{1, 2, 5}, vector{3, 4, 5});
    CHECK(bars_in(picture.data) == 3);
    scatter_plot(rand(10), rand(10), {.label = "points"});
    CHECK(holds(picture.data, ">points<"));
    plot(vector{1, 2, 3});
    CHECK(drawn_in(picture.data).x.size() == 3);
    // What is given in braces, by pylab's names.
    plt.plot(x, sin(x), {.title = "Waves"});
    CHECK(holds(picture.data, ">Waves<"));
    plt.plot({{x, sin(x), "sin"}, {x, cos(x), "cos"}});
    CHECK(holds(picture.data, ">cos<"));
    plt.scatter(rand(10), rand(10), {.label = "dots"});
    CHECK(holds(picture.data, ">dots<"));
    plt.bar({"three", "four"}, {1, 2}, {.title = "Bars"});
    CHECK(holds(picture.data, ">four<"));
    plt.bar(vector{1, 2}, vector{3, 4});
    plt.hist(randn(1000), {.bins = 30, .width = 900, .height = 500});
    CHECK(bars_in(picture.data) == 30);
    CHECK(holds(picture.data, "width=\"900\" height=\"500\""));
    CHECK(np.full({2, 3}, 1.5) == full({2, 3}, 1.5));
    CHECK(np.arctan2(vector{0.0}, vector{1.0}) == vector{0.0});
    CHECK(np.hypot(3, vector{4}) == vector{5.0});
  }
  CHECK_THROWS_AS(static_cast<void>(here()), pactor::error);
}

TEST_CASE("ticks are at multiples of 1, 2 or 5") {
  const auto picture = svg({{series{vector{0, 20}, vector{-1, 1}}}});
  for (const auto* tick : {">0<", ">5<", ">10<", ">15<", ">20<", ">-1.0<", ">-0.5<", ">0.5<", ">1.0<"})
    CHECK_MESSAGE(holds(picture, tick), tick);
  CHECK(holds(svg({{series{vector{0, 1}, vector{0.0, 3e-7}}}}), "e-07<"));
  CHECK(holds(svg({{series{vector{0, 1}, vector{0.0, 5e9}}}}), "e+09<"));
}

TEST_CASE("whatever the numbers are, there is a picture without nan") {
  const auto nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const auto largest = std::numeric_limits<double>::max();
  const vector<vector<double>> odd{{},
                                   {1},
                                   {nan},
                                   {nan, inf, -inf},
                                   {5, 5, 5},
                                   {0, 0},
                                   {1, nan, 2},
                                   {1, inf, 2},
                                   {-largest, largest},
                                   {1e-320, 2e-320},
                                   {1e300, 1e300 * (1 + 1e-15)},
                                   {largest},
                                   {-1e-300, 1}};
  for (const auto& y : odd) {
    vector<double> x(y.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    for (const auto kind : {series::kind::line, series::kind::points, series::kind::bars}) {
      for (const auto& picture : {svg({{series{x, y, "s", kind}}}), svg({{series{y, x, "s", kind}}})}) {
        CHECK_MESSAGE(!holds(picture, "nan"), str(y));
        CHECK_MESSAGE(!holds(picture, "inf"), str(y));
        CHECK(picture.size() < 10'000);
      }
    }
    CHECK(!holds(svg(histogram(y, {})), "nan"));
  }
  CHECK(holds(svg({{series{vector<double>{}, vector<double>{}}}}), "no data"));
  CHECK(holds(svg({}), "no data"));
}

TEST_CASE("nan leaves a gap; a lone point is a dot") {
  const auto gap = svg({{series{vector{0, 1, 2, 3, 4}, vector{1.0, 2.0, std::nan(""), 1.0, 2.0}}}});
  CHECK(drawn_in(gap).parts == vector<std::size_t>{0, 2});
  CHECK(drawn_in(gap).x.size() == 4);
  CHECK(holds(svg({{series{vector{1}, vector{1}}}}), "h0\""));
}

TEST_CASE("unequal lengths are refused by name") {
  CHECK_THROWS_WITH_AS(static_cast<void>(svg({{series{vector{1, 2}, vector{1}, "speed"}}})),
                       "plot of speed: x has 2 elements and y 1", pactor::error);
  CHECK_THROWS_WITH_AS(static_cast<void>(named_bars({"a"}, {}, {})), "bar: 1 names and 0 heights", pactor::error);
  CHECK_THROWS_AS(static_cast<void>(histogram({1}, {.bins = 0})), pactor::error);
}

TEST_CASE("a million points make a small picture that keeps the extremes") {
  const auto x = linspace(0, 1, 1'000'000);
  auto y = sin(x * 1000);
  y[123'456] = 50; // one point that must not be lost
  const auto extremes = [](const drawn& d) { return std::pair{min(d.y), max(d.y)}; };
  const auto one_up = svg({{series{x, y}}});
  CHECK(one_up.size() < 100'000);
  const auto whole = line_of({0, 0.5, 1}, {-1, 50, 1}); // the same axes
  CHECK(extremes(drawn_in(one_up)).first == doctest::Approx(extremes(whole).first));
  // In which direction does not matter.
  const vector<double> back(x.rbegin(), x.rend()), y_back(y.rbegin(), y.rend());
  const auto other = svg({{series{back, y_back}}});
  CHECK(other.size() < 100'000);
  const auto drawn_back = drawn_in(other);
  CHECK(extremes(drawn_back) == extremes(drawn_in(one_up)));
  CHECK(std::is_sorted(drawn_back.x.rbegin(), drawn_back.x.rend()));
  seed(1);
  CHECK(svg({{series{rand(1'000'000), rand(1'000'000), "", series::kind::points}}}).size() < 2'000'000);
  auto zigzag_x = rand(1'000'000), zigzag_y = rand(1'000'000); // to and fro
  zigzag_x[500'000] = 2;
  zigzag_y[500'001] = -1;
  const auto zigzag = svg({{series{zigzag_x, zigzag_y}}});
  CHECK(zigzag.size() < 2'000'000);
  const auto corners = line_of({0, 2}, {-1, 1});
  CHECK(max(drawn_in(zigzag).x) == doctest::Approx(max(corners.x)).epsilon(0.001));
  CHECK(max(drawn_in(zigzag).y) == doctest::Approx(max(corners.y)).epsilon(0.001)); // downwards
  CHECK(svg({{series{x, y, "", series::kind::bars}}}).size() < 300'000);
}

TEST_CASE("bars in any order, and with holes") {
  const auto nan = std::nan("");
  const auto bars = [](const vector<double>& x) {
    const auto picture = svg({{series{x, vector<double>(x.size(), 1), "", series::kind::bars}}});
    const auto begin = picture.find("<path d=\"", picture.find("class=\"frame\""));
    return picture.substr(begin, picture.find('"', begin + 10) - begin);
  };
  CHECK(bars({3, 1, 2}) == bars({1, 2, 3}));
  CHECK(bars({2, nan, 1, 3}) == bars({1, 2, 3})); // as wide: nan is at no distance
  vector<double> many(10'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>((i * 7919) % many.size());
  CHECK(bars(many) == bars(sort(many)));
}

TEST_CASE("texts can't break the picture") {
  const auto title = [](const string& text) {
    plot_options options;
    options.title = text;
    const auto picture = svg({{series{vector{1}, vector{1}, "<&>"}}, options});
    CHECK(!holds(picture, "<script"));
    CHECK(holds(picture, "&lt;&amp;&gt;"));
    const auto begin = picture.find('>', picture.find("class=\"title\"")) + 1;
    return picture.substr(begin, picture.find('<', begin) - begin);
  };
  CHECK(title("</text><script>\x01 ü \xff") == "&lt;/text&gt;&lt;script&gt;? ü ?");
  CHECK(title("a\nb\tc") == "a b c");
  CHECK(title("€ 😀") == "€ 😀");
  CHECK(title("\xc0\xaf \xe0\x80\xaf") == "?? ???");                // in more bytes than it needs
  CHECK(title("\xed\xa0\x80 \xf4\x90\x80\x80") == "??? ????");      // half of a pair, beyond Unicode
  CHECK(title("\xef\xbf\xbe \xf8\x88\x80\x80\x80") == "??? ?????"); // no character, no UTF-8
  CHECK(title("\xe2\x82") == "??");                                 // cut off
}

TEST_CASE("names that have no room are cut between letters") {
  const auto picture = svg(named_bars({string("ä") + string(200, 'x'), "ööö", "éééééééééééééééééééééééééééééééééééé"},
                                      {1, 2, 3}, {.width = 300}));
  CHECK(holds(picture, ">äxx"));
  CHECK(holds(picture, ">ööö<"));
  CHECK(holds(picture, "éé…<"));
  CHECK(!holds(picture, "?"));
  // Bytes are no letters: six of these have as much room as six others.
  const auto six = svg(named_bars({"ääääää", "ö", "o"}, {1, 2, 3}, {.width = 200}));
  CHECK(holds(six, ">ääääää<"));
}

TEST_SUITE_END();
