#include "session.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace pactor;
using namespace pactor::testing;

TEST_CASE("errors of g++ in the user's terms") {
  session s{cache_of("g++")};
  CHECK(s.run("int k = 3;\n  y = k + foo(3);").error ==
        "px:2:11: error: 'foo' was not declared in this scope\n      y = k + foo(3);\n              ^");
  CHECK(s.run("k = 3; auto h = [&] { return k; };").error == "");
  const auto gone = s.run("h()");
  CHECK(gone.code == ec::compile_error);
  CHECK(gone.error == "px:1:1: error: 'h' was not declared in this scope\n    h()\n    ^\npx: note: h was declared "
                      "earlier, but a lambda with captures stays in its snippet; make it a std::function to keep it");
}

TEST_CASE("errors of clang++ in the user's terms" * doctest::skip(std::system("command -v clang++ > /dev/null") != 0)) {
  session s{cache_of("clang++")};
  CHECK(s.run("int k = 3;\n  y = k + foo(3);").error ==
        "px:2:11: error: use of undeclared identifier 'foo'\n      y = k + foo(3);\n              ^");
  CHECK(s.run("struct point { int a; }; point p{1};").error == "");
  CHECK(s.run("p.z").error == "px:1:3: error: no member named 'z' in 'point'\n    p.z\n      ^");
  CHECK(s.run("struct point { int b; };").error == "");
  CHECK(s.run("p").error == "px:1:1: error: use of undeclared identifier 'p'\n    p\n    ^\n"
                            "px: note: there is a variable p, but it is of an earlier point");
}
