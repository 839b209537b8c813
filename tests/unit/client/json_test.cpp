#include "cli/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace pactor;
using cli::from_json;
using cli::json;
using cli::parse_argument;
using cli::to_json;
using cli::to_line;

namespace {
std::string line(const value& v) { return to_line(to_json(v)); }
} // namespace

TEST_SUITE("json") {
  TEST_CASE("a word that is no JSON is a string") {
    CHECK(parse_argument("27") == value{27});
    CHECK(parse_argument("-1.5") == value{-1.5});
    CHECK(parse_argument("true") == value{true});
    CHECK(parse_argument("null") == value{});
    CHECK(parse_argument("\"27\"") == value{"27"});
    CHECK(parse_argument("hello") == value{"hello"});
    CHECK(parse_argument("") == value{""});
    CHECK(parse_argument("[1, 2") == value{"[1, 2"});
    CHECK(parse_argument("18446744073709551615") == value{std::numeric_limits<std::uint64_t>::max()});
  }

  TEST_CASE("ranges are as in Python") {
    using list = std::vector<std::int64_t>;
    CHECK(parse_argument("0:7") == value{list{0, 1, 2, 3, 4, 5, 6}});
    CHECK(parse_argument("0:7:2") == value{list{0, 2, 4, 6}});
    CHECK(parse_argument("3:-2:-2") == value{list{3, 1, -1}});
    CHECK(parse_argument("3:3") == value{list{}});
    CHECK(parse_argument("9223372036854775805:9223372036854775807:2") == value{list{9223372036854775805}});
    for (const auto* text : {"a:b", "1:2:3:4", ":3", "1:", "1:2:", "http://x"})
      CHECK(parse_argument(text) == value{text});
    CHECK_THROWS_AS(parse_argument("0:7:0"), error);
    CHECK_THROWS_AS(parse_argument("0:99999999999"), error);
  }

  TEST_CASE("lists of numbers are numeric arrays, others are lists") {
    CHECK(parse_argument("[1,2]").type_name() == "vector<int64>");
    CHECK(parse_argument("[1,2]").is_ndarray());
    CHECK(parse_argument("[1,2.5]") == value{std::vector{1.0, 2.5}});
    CHECK(parse_argument("[1,\"x\"]") == value{value::array{1, "x"}});
    CHECK(parse_argument("[]").is_array());
    CHECK(parse_argument("[18446744073709551615]").is_array());
    CHECK(parse_argument("{\"a\": [true]}") == value{value::map{{"a", value::array{true}}}});
  }

  TEST_CASE("values print as JSON") {
    CHECK(line({}) == "null");
    CHECK(line(1024.0) == "1024.0");
    CHECK(line(value::array{1, "two", false}) == "[1,\"two\",false]");
    CHECK(line(value::map{{"b", 1}, {2, "x"}}) == "{\"b\":1,\"2\":\"x\"}");
    CHECK(line(std::vector{1.5, 2.0}) == "[1.5,2.0]");
    CHECK(line(ndarray<int>{{2, 3}, {1, 2, 3, 4, 5, 6}}) == "[[1,2,3],[4,5,6]]");
    CHECK(line(ndarray<int>{{0, 3}, {}}) == "[]");
    CHECK(line(std::nan("")) == "\"nan\"");
    CHECK(line(std::vector{-INFINITY}) == "[\"-inf\"]");
    CHECK(line("\xff") == "\"\xef\xbf\xbd\"");
  }

  TEST_CASE("bytes print as base64") {
    const auto bytes = [](std::string_view text) {
      binary b;
      for (const auto c : text) b.push_back(static_cast<std::byte>(c));
      return line(b);
    };
    CHECK(bytes("") == R"({"base64":""})");
    CHECK(bytes("f") == R"({"base64":"Zg=="})");
    CHECK(bytes("fo") == R"({"base64":"Zm8="})");
    CHECK(bytes("foo") == R"({"base64":"Zm9v"})");
    CHECK(bytes("foob\xff") == R"({"base64":"Zm9vYv8="})");
  }

  TEST_CASE("what is printed reads back") {
    for (const auto* text : {"null", "true", "27", "-1.5", "\"x\"", "[1,2,3]", "[[1,2],[3]]", R"({"a":{"b":[1.5]}})"})
      CHECK(line(from_json(json::parse(text))) == text);
  }
}
