#include "runtime/snippets/source.hpp"
#include "runtime/snippets/unit.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::snippets;

namespace {

/// Snippets of one engine, one after the other.
struct engine {
  definitions known;
  std::vector<variable> variables;

  std::string unit(std::string_view code) {
    auto t = translate(code, "px", known, variables);
    known = std::move(t.after);
    return std::move(t.text);
  }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
/// Whether the parts stand in the text in this order.
bool in_order(std::string_view text, std::initializer_list<std::string_view> parts) {
  std::size_t at = 0;
  for (const auto part : parts) {
    at = text.find(part, at);
    if (at == std::string_view::npos) return false;
    at += part.size();
  }
  return true;
}

} // namespace

TEST_CASE("what the user wrote keeps its line and column") {
  engine e;
  const auto unit = e.unit("int k = 3;\n  y =  f(k);\n\tint g() {\n return 2; }\n  k + y");
  CHECK(has(unit, "\n#line 1 \"px\"\nint k = 3;"));
  CHECK(has(unit, "\n#line 2 \"px\"\n       f(k)"));
  CHECK(has(unit, "\n#line 3 \"px\"\n\tint g() {\n return 2; }"));
  CHECK(has(unit, "\n#line 5 \"px\"\n  k + y"));
  CHECK(unit.starts_with("#include \"pactor/prelude.hpp\"\n"));
  CHECK(translate("int a;", "my \"file\".cpp", {}, {}).text.find("#line 1 \"my \\\"file\\\".cpp\"") !=
        std::string::npos);
}

TEST_CASE("the same text makes the same unit, whatever else the engine has") {
  engine a{{}, {{"x", "double"}}};
  engine b{{}, {{"x", "double"}, {"other", "int"}}};
  (void)b.unit("int unused() { return 1; } struct also_unused {};");
  CHECK(a.unit("x + 1") == b.unit("x + 1"));
  CHECK(a.unit("x + 2") != b.unit("x + 1"));
}

TEST_CASE("variables that code mentions are in scope by their types") {
  engine e{{}, {{"x", "std::vector<double>"}, {"n", "std::int64_t"}, {"unspelled", ""}, {"not a name", "int"}}};
  const auto unit = e.unit("n + unspelled + p.x");
  CHECK(has(unit, "binding<std::int64_t> pactor_bound_n;"));
  CHECK(has(unit, "static auto& [n] = "));
  CHECK_FALSE(has(unit, "pactor_bound_x")); // a member
  CHECK_FALSE(has(unit, "pactor_bound_unspelled"));
  (void)e.unit("double f() { return x[0]; }");
  CHECK(in_order(e.unit("f()"), {"binding<std::vector<double>> pactor_bound_x;", "double f()", "pactor_body"}));
  CHECK_FALSE(in_scope({"l", "px::pactor_body()::{lambda(int)#1}"}, {}));
  CHECK_FALSE(in_scope({"l", "int; int m"}, {}));
}

TEST_CASE("definitions are there for later snippets that mention them, and what they mention") {
  engine e;
  (void)e.unit("#include <map>\n#define TWO 2\nusing namespace std::chrono;");
  (void)e.unit("int g() { return TWO; } int f() { return g(); } int h() { return 3; }");
  const auto unit = e.unit("f()");
  CHECK(in_order(unit, {"#include <map>", "namespace px", "#define TWO 2", "using namespace std::chrono;", "int g()",
                        "#line 1 \"f, defined earlier\"\nint f() { return g(); }", "pactor_body"}));
  CHECK_FALSE(has(unit, "int h()"));
  const auto other = e.unit("1");
  CHECK(has(other, "#include <map>"));
  CHECK_FALSE(has(other, "int f()"));
}

TEST_CASE("a later function with the same parameters replaces the earlier; others are overloads") {
  engine e;
  (void)e.unit("int f(int a) { return 1; } int g() { return f(2); }");
  (void)e.unit("int f(double a) { return 2; }");
  (void)e.unit("int k() { return 5; }");
  (void)e.unit("int f(int other = 3) { return k(); }");
  const auto unit = e.unit("g()");
  CHECK_FALSE(has(unit, "return 1;"));
  CHECK(has(unit, "return 2;"));
  CHECK(in_order(unit, {"int k()", "int f(int other = 3)", "int g()"})); // g after what it calls now
  (void)e.unit("auto f = 3;");
  CHECK_FALSE(has(e.unit("f"), "int f("));
  (void)e.unit("#define A 1\n");
  (void)e.unit("#define A 2\n");
  CHECK_FALSE(has(e.unit("A"), "#define A 1"));
  (void)e.unit("#undef A");
  CHECK_FALSE(has(e.unit("A"), "#define A"));
}

TEST_CASE("an object of an older type by the same name is not in scope") {
  engine e;
  const auto first = e.unit("struct part { int a; }; struct point { part p; };");
  const auto tag_of = [](const std::string& unit, std::string_view type) {
    const auto at = unit.rfind("inline namespace ", unit.find("struct " + std::string{type}));
    return unit.substr(at + 17, 17);
  };
  const variable p{"p", "px::" + tag_of(first, "point") + "::point"};
  CHECK(in_scope(p, e.known));
  e.variables = {p, {"all", "std::vector<" + p.type + ", std::allocator<" + p.type + "> >"}};
  CHECK(in_order(e.unit("p.p"), {"struct part", "struct point", "pactor_bound_p", "pactor_body"}));
  CHECK(has(e.unit("all.size()"), "pactor_bound_all"));
  (void)e.unit("int unrelated() { return 3; }");
  CHECK(in_scope(p, e.known));
  (void)e.unit("struct part { int a, b; };"); // point consists of it
  CHECK_FALSE(in_scope(p, e.known));
  CHECK_FALSE(has(e.unit("p.p"), "pactor_bound_p"));
  (void)e.unit("struct part { int a; };");
  CHECK(in_scope(p, e.known));
}

TEST_CASE("operators come along with their types") {
  engine e;
  (void)e.unit("struct a {}; struct b {}; a operator+(a x, a y) { return x; } b operator-(b x) { return x; }");
  (void)e.unit("void swap(a& x, a& y) {} vector<int> operator+(const vector<int>& x, int y) { return x; }");
  const auto unit = e.unit("a{}");
  CHECK(has(unit, "a operator+(a x"));
  CHECK(has(unit, "void swap(a&"));
  CHECK(has(unit, "vector<int> operator+"));
  CHECK_FALSE(has(unit, "operator-"));
}

TEST_CASE("specialisations of the library's templates stand in the global namespace") {
  engine e;
  const auto unit =
      e.unit("struct p {}; template <> struct std::hash<p> { size_t operator()(p) const { return 1; } };");
  CHECK(in_order(unit, {"struct p {}", "\n}\n", "using namespace px;", "struct std::hash<p>", "namespace px {"}));
}

TEST_CASE("namespaces of the user can be added to, and their members replaced") {
  engine e;
  (void)e.unit("namespace a { int f() { return 1; } int g() { return 2; } }");
  (void)e.unit("namespace a { int f() { return 3; } }");
  const auto unit = e.unit("a::f() + a::g()");
  CHECK_FALSE(has(unit, "return 1;"));
  CHECK(has(unit, "return 2;"));
  CHECK(has(unit, "return 3;"));
  CHECK(has(e.unit("using namespace a; 3"), "namespace a { }"));
}

TEST_CASE("definitions and statements of one #if are parted, its directives go with both") {
  engine e;
  const auto unit = e.unit("#if A\nint f() { return 1; }\nint k = 1;\n#else\nint k = 2;\n#endif\nk");
  CHECK(in_order(unit, {"#if A", "int f()", "#else", "#endif", "pactor_body", "#if A", "int k = 1;", "#else",
                        "int k = 2;", "#endif"}));
  CHECK(has(e.unit("f()"), "#if A\nint f() { return 1; }\n#else\n#endif"));
}

TEST_CASE("a program's main is called, and is not there for later snippets") {
  engine e;
  const auto unit = e.unit("int main() { go(); }");
  CHECK(has(unit, "int main() { go();  return 0; }"));
  CHECK(has(unit, "pactor_run.program(&main);"));
  CHECK_FALSE(has(e.unit("main"), "int main()"));
}

TEST_CASE("static variables live as long as others of the namespace") {
  engine e;
  CHECK(has(e.unit("static int k = 3;"), "\n       int k = 3;"));
  CHECK(has(e.unit("struct p { int a; } q;"), "\np\n#line 1 \"px\"\n                    q;"));
}

TEST_CASE("line ends of Windows, byte order marks, code that is too long") {
  CHECK(translate("\xef\xbb\xbfint a;\r\na", "px", {}, {}).text == translate("int a;\na", "px", {}, {}).text);
  CHECK_NOTHROW((void)translate(std::string(longest_snippet, ' '), "px", {}, {}));
  CHECK_THROWS_WITH_AS((void)translate(std::string(longest_snippet + 1, ' '), "px", {}, {}),
                       "px: code of 1048577 bytes: at most 1 MiB is executed; make it a job library", const error&);
  CHECK_NOTHROW((void)translate("", "px", {}, {}));
  CHECK_NOTHROW((void)translate("#", "px", {}, {}));
}

TEST_CASE("a variable without its value is for the compiler to refuse") {
  for (const char* code : {"op=", "op =;", "auto op = ", "x = 1; op ="}) {
    CAPTURE(code);
    CHECK(has(translate(code, "px", {}, {}).text, "op"));
  }
}

TEST_CASE("any cut of a code is translated or refused, and nothing else happens") {
  const std::string code =
      "#include <map>\n#if A\nstruct p { int a; friend int f(p); } q[2];\n#else\nenum { B };\n#endif\n"
      "template <class T> requires (sizeof(T) > 1) T g(T t = {}) noexcept { return t; }\n"
      "auto [a, b] = f<int>(q[0] << 2, [&](auto x) -> int { return x; });\nnamespace n { int k(int); }\n"
      "int operator\"\"_x(const char* s) { return 1; } y = {1, 2}; do ++y; while (y < R\"(a)\"); x ? 1 : 2";
  for (std::size_t i = 0; i <= code.size(); ++i)
    for (const auto& part : {code.substr(0, i), code.substr(i), code.substr(i / 2, i)}) {
      try {
        const auto size = translate(part, "px", {}, {}).text.size();
        CHECK(size < 8 * (part.size() + 1000));
      } catch (const error& e) {
        CHECK(e.code() == ec::compile_error);
      }
    }
}
