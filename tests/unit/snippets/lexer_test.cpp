#include "runtime/snippets/lexer.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::snippets;

namespace {

std::vector<std::string> texts(std::string_view code) {
  const token_list tokens{code, "px"};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < tokens.size(); ++i) all.emplace_back(tokens.text(i));
  return all;
}

std::string fault(std::string_view code) {
  try {
    const token_list tokens{code, "px"};
  } catch (const error& e) {
    CHECK(e.code() == ec::compile_error);
    return e.what();
  }
  return "none";
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("tokens of code: words, numbers, operators, without comments") {
  CHECK(texts("a+=b->c; // d\n/* e */ f::g") == list{"a", "+=", "b", "->", "c", ";", "f", "::", "g"});
  CHECK(texts("1'000.5e-3+0x1p+2") == list{"1'000.5e-3", "+", "0x1p+2"});
  CHECK(texts("a>>b>=c<<d") == list{"a", ">", ">", "b", ">=", "c", "<<", "d"});
  CHECK(texts("gr\xc3\xb6\xc3\x9f"
              "e = 3") == list{"gr\xc3\xb6\xc3\x9f"
                               "e",
                               "=", "3"});
  CHECK(texts("").empty());
}

TEST_CASE("literals are one token, whatever stands in them") {
  CHECK(texts(R"("a\"}" 'x' '\'' u8"b" L'c' 3_km "s"_x)") ==
        list{R"("a\"}")", "'x'", R"('\'')", "u8\"b\"", "L'c'", "3_km", "\"s\"_x"});
  CHECK(texts("R\"(a } \" ) )\" x") == list{"R\"(a } \" ) )\"", "x"});
  CHECK(texts("R\"--(a )\" )--\";") == list{"R\"--(a )\" )--\"", ";"});
}

TEST_CASE("a preprocessor line is one token, with its continuations") {
  CHECK(texts("#include <vector> // x\nint a;") == list{"#include <vector> ", "int", "a", ";"});
  CHECK(texts("#define A(x) \\\n  (x)\nb") == list{"#define A(x) \\\n  (x)", "b"});
  CHECK(texts("a # b") == list{"a", "#", "b"});
}

TEST_CASE("brackets know their partners; the branches of an #if are alternatives") {
  const token_list tokens{"f(a[1], {2})", "px"};
  CHECK(tokens[1].match == tokens.size() - 1);
  CHECK(tokens.is(tokens[3].match, "]"));
  CHECK(fault("#if A\nif (x) {\n#else\nif (y) {\n#endif\n}") == "none");
}

TEST_CASE("what has no end is told with line, column and caret") {
  CHECK(fault("x = f(1,\n  g(2)") == "px:1:6: error: this ( is never closed\n    x = f(1,\n         ^");
  CHECK(fault("a\n }") == "px:2:2: error: this } closes nothing\n     }\n     ^");
  CHECK(fault("(\n\t]") == "px:2:2: error: this ] does not close the ( of line 1\n    \t]\n    \t^");
  CHECK(fault("s = \"a\nb\"") == "px:1:5: error: this string has no end in its line\n    s = \"a\n        ^");
  CHECK(fault("'a") == "px:1:1: error: this character has no end\n    'a\n    ^");
  CHECK(fault("x /* a") == "px:1:3: error: this comment has no end\n    x /* a\n      ^");
  CHECK(fault("R\"x(a)\"") == "px:1:1: error: this raw string has no end: )x\" is missing\n    R\"x(a)\"\n    ^");
  CHECK(fault(std::string_view{"a\0b", 3}).starts_with("px:1:2: error: a zero byte\n"));
}

TEST_CASE("the caret stands under its column, also behind characters of several bytes and in long lines") {
  CHECK(diagnostic("\xc3\xa9 + (", "px", {1, 6}, "error", "why") == "px:1:6: error: why\n    \xc3\xa9 + (\n        ^");
  const auto text = diagnostic(std::string(500, 'a') + "!" + std::string(500, 'b'), "px", {1, 501}, "error", "why");
  const auto line = text.find("...aaa"), caret = text.find('^');
  CHECK(text.size() < 300);
  CHECK(text[line + (caret - text.rfind('\n')) - 5] == '!');
  CHECK(diagnostic("a", "px", {7, 3}, "error", "beyond") == "px:7:3: error: beyond");
}

TEST_CASE("the words that code mentions leave out keywords and members") {
  const token_list tokens{"for (auto i : x.y) p->q = std::sum(x); // z", "px"};
  CHECK(words_of(tokens, 0, tokens.size()) == list{"i", "p", "std", "sum", "x"});
  CHECK(is_identifier("y1"));
  CHECK_FALSE(is_identifier("for"));
  CHECK_FALSE(is_identifier("1y"));
  CHECK_FALSE(is_identifier("a b"));
}
