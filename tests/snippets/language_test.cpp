#include "session.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace pactor;
using namespace pactor::testing;

namespace {

/// Runs a test with each compiler that is there.
template <class Test>
void with_each_compiler(Test&& test) {
  int there = 0;
  for (const std::string program : {"g++", "clang++"}) {
    if (std::system(("command -v " + program + " > /dev/null").c_str()) != 0) continue;
    ++there;
    CAPTURE(program);
    session s{cache_of(program)};
    test(s);
  }
  REQUIRE(there > 0);
}

std::string shown(session& s, std::string_view code) {
  const auto e = s.run(code);
  return e.error.empty() ? e.text : "error: " + e.error;
}

} // namespace

TEST_CASE("variables of the engine, new ones, and results") {
  with_each_compiler([](session& s) {
    s.push("x", std::vector{1.0, 2.0, 3.0});
    for (const auto* name : {"data", "count", "y1", "list", "value", "all"}) s.push(name, 2);
    const auto first =
        s.run("y = accumulate(x.begin(), x.end(), 0.0); auto z = y * 2; int k = 3; vector<double> v(10);\n"
              "static const int c = 4; double a[2] = {1, 2}; auto [p, q] = pair{1, string{\"two\"}};\n"
              "name = \"text\"; l = {1, 2, 3}; auto* ptr = &x; auto& ref = y; mutex m;\n"
              "v[0] = ref; data * count + y1 + list + value + all // the result");
    CHECK(first.error == "");
    CHECK(first.has_result);
    CHECK(first.text == "12");
    CHECK(first.type == "int64");
    CHECK(first.result.as<int>() == 12);
    CHECK(s.get<double>("y") == 6);
    CHECK(s.get<std::vector<int>>("l") == std::vector{1, 2, 3});
    CHECK(s.get<std::string>("name") == "text");
    CHECK_FALSE(s.has("ref"));
    CHECK_FALSE(s.has("m"));
    CHECK(shown(s, "y + z + k + v[0] + c + a[1] + p + q.size() + name.size() + l.size()") == "44.0");
    const auto nothing = s.run("y = 7;");
    CHECK(nothing.error == "");
    CHECK_FALSE(nothing.has_result);
    const auto units = s.compiled();
    for (int i = 0; i < 3; ++i) CHECK(s.run("y = 7;").error == "");
    CHECK(s.compiled() == units);
  });
}

TEST_CASE("a variable of another type takes the name; functions of the same snippet see the old one to its end") {
  with_each_compiler([](session& s) {
    CHECK(s.run("int k = 3;").error == "");
    CHECK(shown(s, "int old() { return k; } auto k = string{\"new\"}; old()") == "3");
    CHECK(shown(s, "k") == "\"new\"");
    CHECK(shown(s, "auto k = k + \"er\"; k") == "\"newer\"");
  });
}

TEST_CASE("an exception leaves the variables that were declared") {
  with_each_compiler([](session& s) {
    const auto e = s.run("int k = 3; auto z = 4; throw runtime_error(\"boo\"); int never = 1;");
    CHECK(e.error == "std::runtime_error: boo");
    CHECK(e.code == ec::remote_error);
    CHECK(s.get<int>("k") == 3);
    CHECK(s.get<int>("z") == 4);
    CHECK_FALSE(s.has("never"));
  });
}

TEST_CASE("functions, types, operators and lambdas are there for later snippets") {
  with_each_compiler([](session& s) {
    CHECK(shown(s, "#include <list>\n#define SQ(v) ((v) * (v))\n"
                   "struct point { double x, y; friend double norm(const point& p); };\n"
                   "double norm(const point& p) { return SQ(p.x) + SQ(p.y); }\n"
                   "point operator+(point a, point b) { return {a.x + b.x, a.y + b.y}; }\n"
                   "ostream& operator<<(ostream& o, const point& p) { return o << p.x << '|' << p.y; }\n"
                   "template <> struct std::hash<point> { size_t operator()(const point&) const { return 42; } };\n"
                   "enum class level { low, high }; level lv = level::high;\n"
                   "auto twice = [](auto v) { return v + v; }; auto p = point{1, 2}; p") == "1|2");
    CHECK(shown(s, "norm(p + p) + SQ(2) + twice(3) + hash<point>{}(p) + (lv == level::high)") == "73.0");
    CHECK(shown(s, "list<int> numbers{1, 2}; twice(p)") == "2|4");
    CHECK(shown(s, "double weight = 2; namespace geo { double area(point q) { return q.x * q.y; } }\n"
                   "using namespace geo; area(p)") == "2.0");
    CHECK(shown(s, "double weighted(point q) { return area(q) * weight; }\nweighted(p)") == "4.0");
  });
}

TEST_CASE("what snippets only declare is in the prelude's library") {
  with_each_compiler([](session& s) {
    CHECK(shown(s,
                R"(value v = value::map{{"a", value::array{1, 2.5, nullptr, true, "t", binary(3)}}, {"b", vector{1.0}}};
        auto w = v; w = v; value u = move(w); u = value{u.find("a")->is_array()}; w = decode<value>(encode(v));
        string text; try { raise({ec::timeout, {}, "late"}); } catch (const task_error& e) { text = e.what(); }
        vector<value> a{1};
        tuple{w == v && u.is_bool() && !(u == v), v.type_name(), text, composite_error{{failure{}, failure{}}}.failures().size(),
              argument_types(span<const value>{a}), complex_array{{1}, {{2, 3}}}.imag(),
              pactor::detail::plain_type("px::t0123456789abcdef::point")})") ==
          R"_((true, "map<string,any>", "late", 2, "(int64)", array([3.]), "point"))_");
    CHECK(shown(s,
                R"(here().get<value>("v") == v && here().names().size() > 1 ? decode<int>(encode(string{"t"})) : 0)") ==
          "error: string does not fit in int32");
  });
}

TEST_CASE("programs, statements, nothing") {
  with_each_compiler([](session& s) {
    CHECK(shown(s, "") == "");
    CHECK(s.run("int main(int argc, char**) { return argc + 1; }").error == "std::runtime_error: main returned 2");
    CHECK(shown(s, "n = 0; for (int i = 0; i < 3; ++i) n += i; if (n > 2) { n *= 2; } else n = 0;\n"
                   "try { throw 1; } catch (int i) { n += i; }\nagain: if (++n < 10) goto again;\n"
                   "#if 1\nn += 5;\n#else\nn = 0;\n#endif\nn") == "15");
  });
}
