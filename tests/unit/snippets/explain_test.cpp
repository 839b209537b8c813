#include "runtime/snippets/source.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace pactor::snippets;

TEST_CASE("an error is shown with the user's line and a caret") {
  const auto* const gcc = "px: In function 'void px::pactor_body(pactor::detail::snippet_run&)':\n"
                          "px:2:5: error: 'foo' was not declared in this scope; did you mean 'fooo'?\n"
                          "    2 | y = foo(3)\n      |     ^~~\n"
                          "<pactor>:2:1: error: 'pactor_new_y' was not declared\n";
  CHECK(explain(gcc, "a = 1;\ny = foo(3)", "px", {}) ==
        "px:2:5: error: 'foo' was not declared in this scope; did you mean 'fooo'?\n    y = foo(3)\n        ^");
  const auto* const clang = "px:1:3: error: no member named 'z' in 'px::t0123456789abcdef::point'\nq.z\n  ^\n"
                            "px:1:1: note: 'q' declared here\n1 error generated.\n";
  CHECK(explain(clang, "q.z", "px", {}) == "px:1:3: error: no member named 'z' in 'point'\n    q.z\n      ^\npx:1:1: "
                                           "note: 'q' declared here\n    q.z\n    ^");
}

TEST_CASE("an error in a header is shown where the user's code led to it") {
  const auto* const gcc = "In file included from /usr/include/c++/12/algorithm:61,\n"
                          "/usr/include/c++/12/bits/stl_algo.h: In instantiation of 'void std::sort()':\n"
                          "px:1:5:   required from here\n"
                          "/usr/include/c++/12/bits/predefined_ops.h:45:23: error: no match for 'operator<'\n"
                          "/usr/include/c++/12/bits/stl_pair.h:487:5: note: candidate: x\n"
                          "px:1:5:   required from here\n"
                          "/usr/include/c++/12/bits/predefined_ops.h:69:22: error: no match for 'operator<'\n";
  CHECK(explain(gcc, "sort(a, b);", "px", {}) ==
        "px:1:5: error: no match for 'operator<' [in predefined_ops.h]\n    sort(a, b);\n        ^");
  const auto* const clang = "/usr/include/c++/12/bits/predefined_ops.h:45:23: error: invalid operands\n"
                            "/usr/include/c++/12/bits/stl_algo.h:1: note: in instantiation of x requested here\n"
                            "px:1:1: note: in instantiation of function 'sort' requested here\n";
  CHECK(explain(clang, "sort(a, b);", "px", {}) ==
        "px:1:1: error: invalid operands [in predefined_ops.h]\n    sort(a, b);\n    ^");
}

TEST_CASE("an error in what an earlier snippet defined shows that definition") {
  const auto t = translate("int f() {\n  return k;\n}", "px", {}, {});
  CHECK(explain("f, defined earlier:2:10: error: use of undeclared identifier 'k'\n", "f()", "px", t.after) ==
        "f, defined earlier:2:10: error: use of undeclared identifier 'k'\n      return k;\n             ^");
}

TEST_CASE("why a name is not there") {
  const auto gone = translate("int k = 3; auto h = [&] { return k; };", "px", {}, {});
  const std::string undeclared = "px:1:1: error: use of undeclared identifier 'h'\n";
  CHECK(
      explain(undeclared, "h()", "px", gone.after) ==
      "px:1:1: error: use of undeclared identifier 'h'\n    h()\n    ^\npx: note: h was declared earlier, but a lambda "
      "with captures stays in its snippet; make it a std::function to keep it");
  const std::vector<variable> older{{"h", "px::t0123456789abcdef::point"}};
  CHECK(explain(undeclared, "h()", "px", {}, older)
            .ends_with("px: note: there is a variable h, but it is of an earlier point"));
  const std::vector<variable> unnamed{{"h", ""}};
  CHECK(explain(undeclared, "h()", "px", {}, unnamed)
            .ends_with("px: note: there is a variable h, but its type has no name that code can use"));
  CHECK(
      explain("px:1:18: error: 'k' was not declared in this scope\n", "int f() { return k; } k = 3; f()", "px", {})
          .ends_with("px: note: functions and blocks see a variable from the next snippet on; k is made by this one"));
}

TEST_CASE("errors around the user's code are told by line, a failure without errors in the compiler's words") {
  CHECK(explain("<pactor>:2:1: error: expected '}'\n", "a\nb", "px", {}) == "px:2: error: expected '}'\n    b");
  CHECK(explain("Killed\n", "a", "px", {}) == "px: error: the compiler failed:\nKilled");
  CHECK(explain("", "a", "px", {}) == "px: error: the compiler failed");
  CHECK(explain(std::string(100000, 'x'), "a", "px", {}).size() < 5000);
}

TEST_CASE("many errors are cut short") {
  std::string output;
  for (int i = 1; i < 20; ++i) output += "px:" + std::to_string(i) + ":1: error: wrong\n";
  const auto text = explain(output, "a", "px", {});
  CHECK(text.find("px:5:1: error: wrong") != std::string::npos);
  CHECK(text.find("px:6:1") == std::string::npos);
  CHECK(text.ends_with("\nand 14 more errors"));
}
