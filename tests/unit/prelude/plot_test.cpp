#include "pactor/prelude.hpp"

#include <cstring>
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
    CHECK(how_often(picture.data, "z") >= 20);
    bar({"one", "two"}, {1, 2});
    CHECK(holds(picture.data, ">two<"));
    bar(vector{1, 2}, vector{3, 4});
    scatter_plot(rand(10), rand(10), {.label = "points"});
    CHECK(holds(picture.data, ">points<"));
    plot(vector{1, 2, 3});
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
  const auto path = gap.substr(gap.find("stroke=\"#0072b2\"") - 200, 200);
  CHECK(how_often(path, "M") == 2);
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
  const auto line = svg({{series{x, y}}});
  CHECK(line.size() < 100'000);
  const auto without = svg({{series{x, sin(x * 1000)}}});
  CHECK(line != without);
  seed(1);
  CHECK(svg({{series{rand(1'000'000), rand(1'000'000), "", series::kind::points}}}).size() < 2'000'000);
  CHECK(svg({{series{rand(1'000'000), rand(1'000'000)}}}).size() < 2'000'000); // to and fro
  CHECK(svg({{series{x, y, "", series::kind::bars}}}).size() < 300'000);
}

TEST_CASE("texts can't break the picture") {
  plot_options options;
  options.title = "</text><script>\x01 ü \xff";
  const auto picture = svg({{series{vector{1}, vector{1}, "<&>"}}, options});
  CHECK(!holds(picture, "<script"));
  CHECK(holds(picture, "&lt;&amp;&gt;"));
  CHECK(holds(picture, "? ü ?"));
}

TEST_SUITE_END();
