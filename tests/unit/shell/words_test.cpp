#include "cli/shell/words.hpp"

#include "pactor/error.hpp"

#include <doctest/doctest.h>

using namespace pactor::cli::shell;
using words = std::vector<std::string>;

TEST_CASE("words are divided at blanks, with quotes as in sh") {
  CHECK(split_words("") == words{});
  CHECK(split_words("  a\t b  ") == words{"a", "b"});
  CHECK(split_words("'a b' \"c d\" e\\ f") == words{"a b", "c d", "e f"});
  CHECK(split_words(R"(x="a \"b\" c" '' 'it'"'"'s')") == words{"x=a \"b\" c", "", "it's"});
  CHECK(split_words(R"('"42"')") == words{R"("42")"});
}

TEST_CASE("JSON in brackets is one word as it stands") {
  CHECK(split_words("b=[1, 2, 3] c=4") == words{"b=[1, 2, 3]", "c=4"});
  CHECK(split_words(R"(m={"x y": [1, "]"]} n)") == words{R"(m={"x y": [1, "]"]})", "n"});
  CHECK(split_words(R"(["a \" b"])") == words{R"(["a \" b"])"});
}

TEST_CASE("what is not closed is refused") {
  CHECK_THROWS_WITH_AS(split_words("a 'b"), "there is no end to the quote '", pactor::error);
  CHECK_THROWS_WITH_AS(split_words("a \"b"), "there is no end to the quote \"", pactor::error);
  CHECK_THROWS_WITH_AS(split_words("[1, 2"), "a bracket is not closed", pactor::error);
  CHECK(split_words("a\\") == words{"a\\"});
}

TEST_CASE("the first word is taken off a line") {
  std::string_view line = "  px   --targets 0  x + 1 ";
  CHECK(take_word(line) == "px");
  CHECK(line == "--targets 0  x + 1");
  CHECK(take_word(line) == "--targets");
  line = "";
  CHECK(take_word(line) == "");
  line = " --label='two words'  \"x\" y";
  CHECK(take_quoted_word(line) == "--label=two words");
  CHECK(line == "\"x\" y");
  CHECK(take_quoted_word(line) == "x");
  CHECK(take_quoted_word(line) == "y");
  CHECK(take_quoted_word(line) == "");
  line = "'x";
  CHECK_THROWS_AS(take_quoted_word(line), pactor::error);
}
