#include "cli/shell/reader.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pactor::cli::shell;
using kind = statement::kind;

namespace {

/// What comes of all lines.
std::vector<statement> read(const std::vector<std::string>& lines, bool bare_code = true) {
  reader r;
  r.set_bare_code(bare_code);
  std::vector<statement> all;
  for (const auto& line : lines)
    if (auto s = r.feed(line)) all.push_back(std::move(*s));
  if (auto s = r.finish()) all.push_back(std::move(*s));
  return all;
}
statement code(std::string text) { return {kind::code, {}, std::move(text)}; }
statement command(std::string text) { return {kind::command, std::move(text), {}}; }
statement cell(std::string head, std::string text) { return {kind::cell, std::move(head), std::move(text)}; }
using statements = std::vector<statement>;

} // namespace

TEST_CASE("C++ goes on while something is open") {
  for (const auto* complete : {"x = 1",
                               "f(1)",
                               "",
                               "a[1] = {2}",
                               "\"(\"",
                               "')'",
                               "1'000'000",
                               "0xff'ff",
                               "// (",
                               "/* ( */ 1",
                               "R\"(()\"",
                               "u8R\"x()\" ( )x\"",
                               "\"a \\\" (\"",
                               "'\\''",
                               ")",
                               "auto R = \"(\"",
                               "#if 1\n#endif",
                               "#define F(x) (\n1",
                               "\"unfinished ( \nx",
                               "u'('"}) {
    CAPTURE(complete);
    CHECK(is_complete(complete));
  }
  for (const auto* open : {"f(", "{", "int f() {\nreturn 1;", "a[", "/* x", "R\"(x", "R\"y(x)\"", "x \\",
                           "#define A \\", "#if 1\n(", "#ifdef X", "#if 1\n#ifndef Y\n#endif", "(\"}\"", "[ // ]"}) {
    CAPTURE(open);
    CHECK_FALSE(is_complete(open));
  }
}

TEST_CASE("code that says nothing is told from code that does") {
  CHECK_FALSE(says_something(" \n\t"));
  CHECK_FALSE(says_something("// x\n/* y */"));
  CHECK(says_something(";"));
  CHECK(says_something("/* y */ x"));
  CHECK(says_something("R\"(x"));
}

TEST_CASE("comments of the shell are told from directives") {
  CHECK(is_comment("# text"));
  CHECK(is_comment("#"));
  CHECK(is_comment("#!/usr/bin/env pactor"));
  CHECK(is_comment("# include what you need"));
  CHECK(is_comment("#included"));
  CHECK_FALSE(is_comment("#include <map>"));
  CHECK_FALSE(is_comment("  #define X 1"));
  CHECK_FALSE(is_comment("#if 1"));
  CHECK_FALSE(is_comment("x # y"));
}

TEST_CASE("lines are C++, commands, or nothing") {
  CHECK(read({"x = 1", "", "# nothing", "  %push a=6  ", "#include <map>", "// nothing"}) ==
        statements{code("x = 1"), command("push a=6"), code("#include <map>")});
  CHECK(read({"int f(int x) {", "  return x;", "", "}", "f(1)"}) ==
        statements{code("int f(int x) {\n  return x;\n\n}"), code("f(1)")});
  CHECK(read({"x = 1\r"}) == statements{code("x = 1")});
  CHECK(read({"f("}) == statements{code("f(")}); // the compiler says what is missing
}

TEST_CASE("commands that take C++ go on as it does, others with a backslash") {
  CHECK(read({"%px for (int i = 0; i < 2; ++i) {", "  print(i);", "}", "%time f(", "1)"}) ==
        statements{command("px for (int i = 0; i < 2; ++i) {\n  print(i);\n}"), command("time f(\n1)")});
  CHECK(read({"%push a=1 \\", " b=2"}) == statements{command("push a=1   b=2")});
  CHECK(read({"%push m={"}) == statements{command("push m={")});
  CHECK(read({"%pxresult", "%px"}) == statements{command("pxresult"), command("px")});
}

TEST_CASE("a cell takes all lines up to an empty one at which it can end") {
  CHECK(read({"%%px --targets ::2", "x = 1", "y = 2", "", "z"}) ==
        statements{cell("px --targets ::2", "x = 1\ny = 2"), code("z")});
  CHECK(read({"%%px", "int f() {", "", "return 1; }", "", "f()"}) ==
        statements{cell("px", "int f() {\n\nreturn 1; }"), code("f()")});
  CHECK(read({"%% px", "# x", "1"}) == statements{cell("px", "# x\n1")});
  CHECK(read({"%%px"}) == statements{cell("px", "")});
}

TEST_CASE("lines without percent signs may be commands") {
  CHECK(read({"push a=6", "%px x", "%%px", "y"}, false) ==
        statements{command("push a=6"), command("px x"), cell("px", "y")});
}

TEST_CASE("what is begun can be forgotten, and has a limit") {
  reader r;
  CHECK_FALSE(r.waiting());
  CHECK_FALSE(r.feed("f("));
  CHECK(r.waiting());
  r.reset();
  CHECK_FALSE(r.waiting());
  CHECK_FALSE(r.finish());
  CHECK_FALSE(r.feed("f("));
  CHECK_THROWS_AS(r.feed(std::string(std::size_t{1} << 20, ' ')), pactor::error);
  CHECK_FALSE(r.waiting());
}
