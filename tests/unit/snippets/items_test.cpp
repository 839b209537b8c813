#include "runtime/snippets/items.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::snippets;

namespace {

std::string word_of(const item& it) {
  static constexpr std::string_view kinds[] = {"directive",   "namespace", "definition", "creation",
                                               "declaration", "statement", "expression"};
  static constexpr std::string_view definitions[] = {"type",  "forward", "function", "prototype",
                                                     "alias", "setting", "constant", "other"};
  std::string text{it.kind == item_kind::definition ? definitions[static_cast<std::size_t>(it.what)]
                                                    : kinds[static_cast<std::size_t>(it.kind)]};
  for (const auto& name : it.names) text += " " + name;
  if (it.implied) text += " implied";
  if (!it.stays.empty()) text += " stays";
  return text;
}

/// The items of a code, such as `creation y implied`, with `x`, `n` and `v` as variables and `point` as a type.
std::string kinds(std::string_view code) {
  const token_list tokens{code, "px"};
  known_names known{{"x", "n", "v"}, {"point"}};
  std::string all;
  for (const auto& it : split(tokens, "px", known)) all += (all.empty() ? "" : "; ") + word_of(it);
  return all;
}

} // namespace

TEST_CASE("assignments are no results, whatever they assign to") {
  for (const char* code : {"v[0] = 1", "p.x = 5", "*q = 3", "v[f(1, 2)].at(0) = g([=] { return 1; })"}) {
    CAPTURE(code);
    CHECK(kinds(code) == "statement");
  }
  for (const char* code : {"v[0] == 1", "f([=] { return 1; })", "g([&](int a = 1) { return a; })"}) {
    CAPTURE(code);
    CHECK(kinds(code) == "expression");
  }
}

TEST_CASE("names that are new become variables, those that are there are assigned to") {
  CHECK(kinds("y = sum(x);") == "creation y implied");
  CHECK(kinds("y = sum(x)") == "creation y implied");
  CHECK(kinds("x = 3") == "statement");
  CHECK(kinds("y = 1; y = 2;") == "creation y implied; statement");
  CHECK(kinds("auto z = x;") == "creation z");
  CHECK(kinds("x += 3") == "expression");
  CHECK(kinds("x == 3") == "expression");
}

TEST_CASE("declarations of variables") {
  CHECK(kinds("int k = 3;") == "declaration k");
  CHECK(kinds("int k = 3, *p = &k, a[3] = {1, 2};") == "declaration k p a");
  CHECK(kinds("vector<double> w(10);") == "declaration w");
  CHECK(kinds("vector<double> w(n);") == "declaration w");
  CHECK(kinds("std::map<int, vector<int>> m{{1, {2}}};") == "declaration m");
  CHECK(kinds("point p;") == "declaration p");
  CHECK(kinds("point p(1, 2);") == "declaration p");
  CHECK(kinds("const auto c = 3;") == "declaration c");
  CHECK(kinds("static unsigned long long u{3};") == "declaration u");
  CHECK(kinds("auto [a, b] = f();") == "declaration a b");
  CHECK(kinds("auto& [a, b] = f();") == "declaration");
  CHECK(kinds("auto& r = x;") == "declaration");
  CHECK(kinds("auto* p = &x;") == "declaration p");
  CHECK(kinds("double (*g)(double) = sin;") == "declaration g");
  CHECK(kinds("struct point p;") == "declaration p");
  CHECK(kinds("[[maybe_unused]] int k;") == "declaration k");
  CHECK(kinds("decltype(x) d = x;") == "declaration d");
  CHECK(kinds("std::integral auto i = 3;") == "declaration i");
  CHECK(kinds("int k = 3") == "declaration k");
  CHECK(kinds("int m = f<a, b>(1), j;") == "declaration m j");
}

TEST_CASE("what could be a declaration is an expression if a variable stands there") {
  CHECK(kinds("x * y;") == "statement");
  CHECK(kinds("point * y;") == "declaration y");
  CHECK(kinds("a * b;") == "declaration b");
  CHECK(kinds("x & n") == "expression");
  CHECK(kinds("x < n > v") == "expression");
  CHECK(kinds("a<b> z;") == "declaration z");
  CHECK(kinds("a < b && c > d") == "expression");
  CHECK(kinds("f(x);") == "statement");
  CHECK(kinds("f(x)") == "expression");
  CHECK(kinds("f(*x)") == "expression");
  CHECK(kinds("int(3.5)") == "expression");
  CHECK(kinds("std::cout << x") == "expression");
  CHECK(kinds("std::sort(v.begin(), v.end());") == "statement");
  CHECK(kinds("x++; --x; *x = 3; v[0] = 1; ::f(); !x") ==
        "statement; statement; statement; statement; statement; expression");
  CHECK(kinds("new int(3)") == "expression");
  CHECK(kinds("[](int i) { return i; }(3)") == "expression");
  CHECK(kinds("f(x) + g(3) + box<int>{}(x)") == "expression");
  CHECK(kinds("x - g(3) + box<int>{3}.v; n") == "statement; expression");
}

TEST_CASE("functions and prototypes") {
  CHECK(kinds("double f(double y) { return y; }") == "function f");
  CHECK(kinds("auto f(int i) -> std::vector<int> { return {i}; } f(3)") == "function f; expression");
  CHECK(kinds("vector<map<int, int>> f() noexcept { return {}; }") == "function f");
  CHECK(kinds("function<int(int)> f(double y) { return {}; }") == "function f");
  CHECK(kinds("template <class T> requires requires(T t) { t + t; } T f(T t) { return t; }") == "function f");
  CHECK(kinds("template <std::integral T = int> T f(T t) { return t; }") == "function f");
  CHECK(kinds("point operator+(point a, point b) { return a; }") == "function operator+");
  CHECK(kinds("std::ostream& operator<<(std::ostream& o, const point& p) { return o; }") == "function operator<<");
  CHECK(kinds("double operator\"\"_km(long double d) { return d; }") == "function operator\"\"_km");
  CHECK(kinds("double point::norm() const { return x; }") == "other");
  CHECK(kinds("point::point(int a) : x(a), y{a} { go(); } f()") == "other; expression");
  CHECK(kinds("int f() try { return 1; } catch (...) { return 2; }") == "function f");
  CHECK(kinds("double f(double);") == "prototype f");
  CHECK(kinds("double f(const point& p, int n = 3);") == "prototype f");
  CHECK(kinds("double f(point);") == "prototype f");
  CHECK(kinds("double f();") == "prototype f");
  CHECK(kinds("double d(x * 3), e(n);") == "declaration d e");
  CHECK(kinds("extern int e; extern \"C\" int c(int);") == "constant e; other");
}

TEST_CASE("types, aliases, namespaces") {
  CHECK(kinds("struct point { int a; };") == "type point");
  CHECK(kinds("class a final : public b<int> { };") == "type a");
  CHECK(kinds("struct point;") == "forward point");
  CHECK(kinds("enum class e : int { a, b };") == "type e");
  CHECK(kinds("enum e { a, b = 3 };") == "type e a b");
  CHECK(kinds("enum { a, b };") == "type a b");
  CHECK(kinds("template <class T> struct box { T t; };") == "type box");
  CHECK(kinds("template <> struct std::hash<point> { };") == "other");
  CHECK(kinds("struct p { int a; } q, r;") == "type p; declaration q r");
  CHECK(kinds("using namespace std::chrono; using std::sort; using t = int; typedef double (*fp)(double);") ==
        "setting; setting; alias t; alias fp");
  CHECK(kinds("namespace fs = std::filesystem;") == "alias fs");
  CHECK(kinds("template <class T> concept c = requires(T t) { t + 1; };") == "alias c");
  CHECK(kinds("namespace a { int f(); struct s {}; }") == "namespace f s");
  CHECK(kinds("constexpr int k = 3;") == "constant k");
}

TEST_CASE("lambdas without captures are definitions, those with captures stay in their snippet") {
  CHECK(kinds("auto f = [](double y) { return y * y; };") == "constant f");
  CHECK(kinds("f = []<class T>(T t) mutable noexcept -> T { return t; };") == "constant f implied");
  CHECK(kinds("auto f = [&](double y) { return y * x; };") == "declaration f stays");
  CHECK(kinds("auto k = [](double y) { return y; }(3);") == "creation k");
  CHECK(kinds("std::function<int(int)> f = [&](int i) { return i; };") == "declaration f");
}

TEST_CASE("statements that hold others are one item") {
  CHECK(kinds("if (x) { f(); } else if (n) g(); else { h(); } x") == "statement; expression");
  CHECK(kinds("for (int i = 0; i < 3; ++i) for (auto& e : v) f(e); x") == "statement; expression");
  CHECK(kinds("while (x) { --x; }") == "statement");
  CHECK(kinds("do { --x; } while (x > 0); x") == "statement; expression");
  CHECK(kinds("switch (n) { case 1: f(); break; default: g(); } x") == "statement; expression");
  CHECK(kinds("try { f(); } catch (int) { } catch (...) { } x") == "statement; expression");
  CHECK(kinds("{ int k = 3; f(k); } x") == "statement; expression");
  CHECK(kinds("again: x += 1; goto again;") == "statement; statement");
  CHECK(kinds("FOREACH(e, v) { f(e); } x") == "statement; expression");
}

TEST_CASE("the end of a snippet") {
  CHECK(kinds("").empty());
  CHECK(kinds(" ; ;; // nothing").empty());
  CHECK(kinds("x // the result") == "expression");
  CHECK(kinds("x; // no result") == "statement");
  CHECK(kinds("#include <map>\n#define A 3\nA") == "directive; directive; expression");
  try {
    (void)kinds("x;\n  return 3;");
    CHECK(false);
  } catch (const error& e) {
    CHECK(e.code() == ec::compile_error);
    CHECK(std::string_view{e.what()} ==
          "px:2:3: error: a return outside of a function; an expression without a semicolon at the end is the result "
          "of the code\n      return 3;\n      ^");
  }
}
